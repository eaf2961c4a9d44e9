/** A station that its CSMS says is connected, as commands and the watch over links need it. */
import type { OcppProtocol } from '../protocol.js';
import type { CallFacts, RpcConnection } from '../rpc/index.js';
import type { RelayedConnection, Station } from '../station/index.js';
import type { CommandDesk } from './command-desk.js';

export interface FedConnectionFacts {
  readonly station: Station;
  readonly protocol: OcppProtocol;
  readonly remoteAddress: string;
  readonly desk: CommandDesk;
  /** Whether the CSMS is still there to say that the station has gone. */
  readonly isFeedAlive: () => boolean;
}

export class FedConnection implements RpcConnection {
  readonly protocol: OcppProtocol;
  readonly remoteAddress: string;
  readonly #facts: FedConnectionFacts;
  readonly #owner: RelayedConnection;
  #ended = false;

  constructor(facts: FedConnectionFacts) {
    this.#facts = facts;
    this.protocol = facts.protocol;
    this.remoteAddress = facts.remoteAddress;
    this.#owner = facts.station.relay(this);
  }

  get isOpen(): boolean {
    return !this.#ended;
  }

  /** Has the CSMS send a call of ours. @throws Error, with `rpcErrorCode` if the station answered with one */
  call(action: string, payload: object, timeoutMs: number, facts: CallFacts = {}): Promise<unknown> {
    const { desk, station } = this.#facts;
    return desk.send({ station, owner: this.#owner, action, payload, timeoutMs, ...facts });
  }

  /** The station is gone, or nobody can say any more that it is there. */
  end(code: number, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#facts.desk.abandon(this.#owner);
    this.#owner.onClosed(code, reason, 'station');
  }

  close(code: number, reason: string): void {
    this.end(code, reason);
  }

  terminate(): void {
    this.end(1006, 'no sign of life');
  }

  /** There is no socket to ping: the CSMS answers for the station. */
  ping(): void {
    if (this.#facts.isFeedAlive()) this.#owner.onAlive();
  }

  /** A frame of the station came. */
  alive(): void {
    this.#owner.onAlive();
  }

  pause(): void {
    // What has been handed over is taken; who sends too much waits for the answer to each body.
  }

  resume(): void {
    // Nothing is ever held up.
  }
}
