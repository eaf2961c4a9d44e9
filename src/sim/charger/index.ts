/**
 * A charging-station simulator for OCPP 1.6J and 2.0.1: real sockets, simulated vehicles and time. It shares no
 * code with the bridge, so that it can find its mistakes.
 */
export { type Clock, ScaledClock } from './clock.js';
export { type ChargerCommandOptions, runChargerCommand } from './command.js';
export { SimulatorError } from './errors.js';
export { Fleet, runFleet } from './fleet.js';
export type { ChargerOptions, PointOptions, PowerType, Protocol, Quirks, TlsOptions } from './options.js';
export type { PointState } from './outlet.js';
export {
  clockOf,
  type Outcome,
  parseScenario,
  type RunOptions,
  readScenario,
  runScenario,
  type Scenario,
  type Step,
} from './scenario/index.js';
export { ChargerSimulator, type FaultEffect, type PointView } from './simulator.js';
export type { ChargerEvents } from './station.js';
export type { Strange } from './strange.js';
export type { ChargerTransaction, Token } from './transaction.js';
export type { Fault16 } from './v16/index.js';
export type { Fault201 } from './v201/index.js';
export type { CurvePoint, Vehicle } from './vehicle.js';
