/** Commands to charging stations. */
export { type Call, NoReply, type Reply } from './ask.js';
export { OcppCommands } from './commands.js';
export type { Composite, Reservation, Survey, Triggered } from './dialect.js';
export { type Abilities, type Schedule, scheduleFor } from './schedule.js';
