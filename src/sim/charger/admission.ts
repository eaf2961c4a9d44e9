import type { Connection } from './connection.js';
import type { Dialect } from './dialect.js';
import { CallFailure } from './errors.js';
import type { Outlet } from './outlet.js';
import type { Station } from './station.js';
import type { Token } from './transaction.js';

/** Who may charge at a station: the CSMS says so, or the local list and the settings while it cannot be asked. */
export class Admission {
  readonly #station: Station;
  readonly #connection: Connection;

  constructor(station: Station, connection: Connection) {
    this.#station = station;
    this.#connection = connection;
  }

  /** Whether a point is free for a token: nobody else was let in, and it is not kept for another. */
  isFree({ authorized, operative, reservation }: Outlet, token: Token): boolean {
    if (authorized || !operative) return false;
    return !reservation || [reservation.idToken, reservation.groupIdToken].includes(token.idToken);
  }

  /** Asks the CSMS (Authorize) if it can be asked. */
  async accepts(token: Token, dialect: Dialect): Promise<boolean> {
    if (!this.#connection.online) return this.#offline(token);
    try {
      return await dialect.authorize(token);
    } catch (error) {
      if (!(error instanceof CallFailure)) throw error;
      this.#station.events.emit('failed', error);
      return error.kind === 'refused' ? false : this.#offline(token);
    }
  }

  #offline({ idToken }: Token): boolean {
    const { localList, settings } = this.#station;
    return localList.knows(idToken) ?? settings.offlineTxForUnknownId;
  }
}
