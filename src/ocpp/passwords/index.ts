/** Passwords of stations: which count, how one is changed. */
export { StationPasswords } from './book.js';
export {
  type PasswordChanged,
  PasswordChanges,
  type PasswordOrder,
  type PasswordSource,
  type PasswordState,
  type PasswordStatus,
} from './change.js';
export { learnPasswords } from './overheard.js';
