import type { EventEmitter } from 'node:events';
import type { AnswerContext } from './answers.js';
import { Connection, type CsmsCall } from './connection.js';
import type { Admitted } from './door.js';
import { CsmsError } from './errors.js';
import type { CsmsEvents } from './events.js';
import type { RpcClient } from './gate.js';
import type { CsmsFrame, Kept } from './kept.js';
import type { CsmsOddities } from './oddities.js';
import type { OwnAnswer } from './options.js';
import { newStation, type StationRecord } from './records.js';
import type { SeenSocket } from './socket.js';

/** How connections end: with a close frame, or, if undefined, without one. */
export interface Goodbye {
  readonly code: number;
  readonly reason?: string;
}

export interface RosterHost {
  readonly events: EventEmitter<CsmsEvents>;
  readonly frames: Kept<CsmsFrame>;
  readonly calls: Kept<CsmsCall>;
  readonly callTimeoutMs: number;
  readonly oddities: () => CsmsOddities;
  readonly context: (station: StationRecord) => AnswerContext;
  readonly ownAnswer: (action: string) => OwnAnswer | undefined;
}

/** How long a station may take to answer a close frame, ms. */
const CLOSE_WAIT_MS = 2_000;

/** The stations that were ever connected, and the connections there are. */
export class Roster {
  readonly stations = new Map<string, StationRecord>();
  readonly #host: RosterHost;
  readonly #connections = new Set<Connection>();
  #count = 0;

  constructor(host: RosterHost) {
    this.#host = host;
  }

  /** @throws CsmsError `usage` */
  station(identity: string): StationRecord {
    const station = this.stations.get(identity);
    if (!station) throw new CsmsError('usage', `${identity} was never connected`);
    return station;
  }

  /** The newest of a station. @throws CsmsError `not-connected` */
  connection(identity: string): Connection {
    const connection = this.#of(identity).at(-1);
    if (!connection) throw new CsmsError('not-connected', `${identity} is not connected`);
    return connection;
  }

  isConnected(identity: string): boolean {
    return this.#of(identity).length > 0;
  }

  admit({ identity, protocol }: Admitted, client: RpcClient, socket: SeenSocket): void {
    const { events, calls, callTimeoutMs, oddities, context, ownAnswer } = this.#host;
    const station = this.stations.get(identity) ?? newStation(identity, protocol);
    this.stations.set(identity, station);
    if (oddities().secondConnection !== 'coexists') {
      void this.cut(identity, { code: 1000, reason: 'replaced' });
    }
    const number = ++this.#count;
    const connection: Connection = new Connection(client, socket, {
      ...{ identity, number, protocol, callTimeoutMs, oddities, ownAnswer },
      context: () => context(station),
      frame: (direction, text, isBinary) => this.#frame(station, number, direction, text, isBinary),
      call: (call) => {
        calls.add(call);
        events.emit('call', call);
      },
      violation: (violation) => events.emit('violation', violation),
      closed: (code, reason) => {
        this.#connections.delete(connection);
        station.connected = this.isConnected(identity);
        events.emit('disconnected', station, number, code, reason);
      },
    });
    this.#connections.add(connection);
    Object.assign(station, { protocol, connected: true, connections: station.connections + 1 });
    events.emit('connected', station, number);
  }

  /** Ends the connections of one station, or of all. @returns once they are gone */
  async cut(identity?: string, goodbye?: Goodbye): Promise<void> {
    const leaving = this.#of(identity);
    for (const connection of leaving) {
      if (goodbye) connection.close(goodbye.code, goodbye.reason ?? '');
      else connection.terminate();
    }
    const late = setTimeout(() => {
      for (const connection of leaving) connection.terminate();
    }, CLOSE_WAIT_MS);
    await Promise.all(leaving.map(({ gone }) => gone));
    clearTimeout(late);
  }

  #of(identity: string | undefined): Connection[] {
    return [...this.#connections].filter((each) => identity === undefined || each.identity === identity);
  }

  #frame(
    station: StationRecord,
    connection: number,
    direction: 'received' | 'sent',
    text: string,
    isBinary: boolean,
  ): void {
    const at = Date.now();
    if (direction === 'received') station.lastHeardAt = at;
    const frame = { at, identity: station.identity, connection, direction, text, isBinary };
    this.#host.frames.add(frame);
    this.#host.events.emit('frame', frame);
  }
}
