/** Commands to charging stations. */
export { type Call, NoReply, type Reply } from './ask.js';
export { OcppCommands } from './commands.js';
export type { Composite, Reservation, Survey, Triggered } from './dialect.js';
export { OrderKeys } from './order-keys.js';
export { type Order, type OrderAnswered, Orders } from './orders.js';
export type { Refused } from './refusals.js';
export { type Abilities, type Schedule, scheduleFor } from './schedule.js';
