import { EventEmitter } from 'node:events';
import { ScaledClock, StationClock, Timers } from './clock.js';
import type { StopCause } from './dialect.js';
import { type CallFailure, SimulatorError } from './errors.js';
import type { ConnectionRefused } from './link.js';
import { LocalList } from './locallist.js';
import { Oddities } from './oddities.js';
import { type ChargerOptions, pointSpec } from './options.js';
import { type Fault, Outlet, type PointState } from './outlet.js';
import { ProfileStore } from './profiles.js';
import { defaultSettings, type Settings } from './settings.js';
import { type ChargerTransaction, type Transaction, viewOf } from './transaction.js';
import type { Violation } from './wire.js';

/** What a simulated station tells its owner. */
export interface ChargerEvents {
  connected: [{ readonly subprotocol: string | undefined }];
  disconnected: [{ readonly code: number; readonly reason: string }];
  /** A connection could not be made; the station tries again by itself. */
  refused: [ConnectionRefused];
  /** BootNotification was accepted. */
  accepted: [];
  /** The station is connected, accepted and may talk: after a boot and after every reconnection. */
  ready: [];
  stopped: [];
  /** The CSMS has set a new password. */
  passwordChanged: [];
  sent: [frame: string];
  received: [frame: string];
  state: [{ readonly pointId: number; readonly state: PointState; readonly at: number }];
  /** The CSMS has answered the start or the end of a transaction. */
  acknowledged: [ChargerTransaction];
  /** The station gave up a transaction-related message after its last attempt. */
  dropped: [{ readonly action: string }];
  /** A message, in or out, does not fit its schema. */
  violation: [Violation];
  /** A second socket under this identity was opened, refused or closed. */
  secondSocket: [{ readonly what: 'opened' | 'refused' | 'closed' }];
  /** The CSMS sent a frame that is no OCPP-J message, or an answer nobody waits for. */
  garbled: [{ readonly frame: string; readonly reason: string }];
  /** A call that nobody waits for got no usable answer. */
  failed: [CallFailure];
}

/** What every part of a simulated station shares. */
export class Station {
  readonly options: ChargerOptions;
  readonly events = new EventEmitter<ChargerEvents>();
  /** The station's own idea of time, wrong if its quirks say so. */
  readonly clock: StationClock;
  readonly timers: Timers;
  readonly settings: Settings;
  readonly outlets: readonly Outlet[];
  readonly profiles: ProfileStore;
  readonly maxPowerW: number;
  readonly localList = new LocalList();
  readonly oddities = new Oddities();
  operative = true;
  /** A fault of the station as a whole. */
  fault: Fault | undefined;

  /** HTTP Basic password; the CSMS may change it. */
  #password: string | undefined;
  /** Why the station was last switched off; undefined: first power-up. */
  lastRestart: StopCause | undefined;

  constructor(options: ChargerOptions) {
    this.#password = options.password;
    this.events.setMaxListeners(100);
    this.options = options;
    const { quirks = {} } = options;
    const clock = options.clock ?? new ScaledClock({ timeScale: options.timeScale ?? 1 });
    const offsetMs = quirks.year1970 ? -clock.now() : (quirks.clockSkewMs ?? 0);
    this.clock = new StationClock(clock, offsetMs);
    this.timers = new Timers(this.clock);
    this.settings = defaultSettings(options);
    const specs = options.points.map((point) => pointSpec(options.protocol, point));
    if (specs.length === 0) throw new SimulatorError('a station needs at least one point');
    if (new Set(specs.map((spec) => spec.id)).size < specs.length) {
      throw new SimulatorError('two points of a station share one number');
    }
    this.outlets = specs.map((spec) => new Outlet(spec));
    this.maxPowerW = options.maxPowerW ?? specs.reduce((sum, spec) => sum + spec.maxPowerW, 0);
    this.profiles = new ProfileStore({
      points: specs,
      maxPowerW: this.maxPowerW,
      transactionStart: (id) => {
        const transaction = this.find(id)?.transaction;
        return transaction && transaction.startedAt + transaction.jumpedMs;
      },
      specificReplacesGeneral: options.protocol === 'ocpp1.6',
    });
  }

  /** The CSMS has answered the start or the end of a transaction. */
  acknowledge(transaction: Transaction, part: 'start' | 'stop'): void {
    const known = part === 'start' ? transaction.startAcknowledged : transaction.stopAcknowledged;
    if (known) return;
    if (part === 'start') transaction.startAcknowledged = true;
    else transaction.stopAcknowledged = true;
    this.events.emit('acknowledged', viewOf(transaction));
  }

  get password(): string | undefined {
    return this.#password;
  }

  /** The station uses the new password from its next connection on (1.6 security A01, 2.0.1 A01). */
  changePassword(password: string): void {
    this.#password = password;
    this.events.emit('passwordChanged');
  }

  find(pointId: number): Outlet | undefined {
    return this.outlets.find((outlet) => outlet.spec.id === pointId);
  }

  /** @throws SimulatorError when the station has no such point */
  point(pointId: number): Outlet {
    const outlet = this.find(pointId);
    if (!outlet) throw new SimulatorError(`station ${this.options.identity} has no point ${pointId}`);
    return outlet;
  }

  /** A moment as it goes into a message. */
  iso(at: number): string {
    return new Date(at).toISOString();
  }
}
