/**
 * A charging-station simulator for OCPP 1.6J and 2.0.1: real sockets, simulated vehicles and time. It shares no
 * code with the bridge, so that it can find its mistakes.
 */
export { type Clock, ScaledClock } from './clock.js';
export { SimulatorError } from './errors.js';
export type { ChargerOptions, PointOptions, Protocol, Quirks, TlsOptions } from './options.js';
export type { PointState, Token } from './outlet.js';
export { ChargerSimulator, type ChargerTransaction, type FaultEffect, type PointView } from './simulator.js';
export type { ChargerEvents } from './station.js';
export type { Fault16 } from './v16/messages.js';
export type { Fault201 } from './v201/messages.js';
export type { CurvePoint, Vehicle } from './vehicle.js';
