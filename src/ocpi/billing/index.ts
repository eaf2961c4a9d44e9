/** Periods and costs of a session by a tariff. Pure: no clock, no store, no partner. */
export { type Costs, costsOf, negative } from './costs.js';
export { isExact, toNumber } from './exact.js';
export { WallClock } from './local-time.js';
export {
  type EnergyPoint,
  hours,
  type IdleChange,
  type MeteredSession,
  type Period,
  periodsOf,
} from './periods.js';
