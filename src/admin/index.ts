/** Health, metrics and the admin API. */
export { type AdminOptions, startAdmin } from './server.js';
export { type Trouble, Troubles, type Way } from './troubles.js';
