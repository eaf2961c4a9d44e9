/**
 * The passwords that open the door for stations: those of the configuration, and those that the bridge has given since,
 * of which the store holds the hashes.
 */
import { isHashed, type SecretTest, type StationConfig, secretTest } from '../../config/index.js';
import type { Runtime } from '../../depot/index.js';
import type { StationId } from '../../domain/index.js';
import { BridgeError } from '../../errors/index.js';
import { depotKey, type Store } from '../../store/index.js';
import { hashConfigured } from './forms.js';
import {
  accepted,
  beside,
  type Entry,
  isPlain,
  offered,
  type PasswordRecord,
  refused,
  used,
} from './record.js';

interface Door {
  readonly station: StationConfig;
  /** What the configuration says. */
  readonly configured: string;
  readonly test: SecretTest;
  /** Absent: the configuration alone counts. */
  record?: PasswordRecord | undefined;
  /** The store has one that was begun beside another configured password. */
  stale?: boolean;
}

/** A password that fitted. */
interface Match {
  readonly entry: Entry;
  /** As the configuration has it, not in another form. */
  readonly asConfigured: boolean;
}

/** Stations that do not answer may leave so many passwords of which nobody knows whether they took them. */
const MOST_TOLD = 8;

export class StationPasswords {
  readonly #runtime: Runtime;
  readonly #store: Store | undefined;
  readonly #key: string;
  readonly #doors = new Map<StationId, Door>();

  private constructor(runtime: Runtime, store: Store | undefined) {
    this.#runtime = runtime;
    this.#store = store;
    this.#key = depotKey(runtime.depot.id, 'station-passwords');
    for (const station of runtime.identity.stations.values()) {
      const { password } = station.ocpp;
      if (password === undefined) continue;
      const test = secretTest(password, `station ${station.id}`);
      this.#doors.set(station.id, { station, configured: password, test });
    }
  }

  /**
   * Reads what the store has, and says in the log which passwords count. Without a store nothing outlives a restart.
   *
   * @throws BridgeError CONFIG_PASSWORD, STORE_UNAVAILABLE
   */
  static async open(runtime: Runtime, store: Store | undefined): Promise<StationPasswords> {
    const book = new StationPasswords(runtime, store);
    const stored = Object.entries((await store?.hashGetAll(book.#key)) ?? {});
    await Promise.all(stored.map(([id, text]) => book.#take(id, JSON.parse(text) as PasswordRecord)));
    return book;
  }

  /** Whether the configuration asks a password of this station. */
  has(stationId: StationId): boolean {
    return this.#doors.has(stationId);
  }

  /**
   * Whether one of the passwords that a station may mean opens the door: if so, `enter` is to be called when the rest of
   * the login is right too. Takes the same time whatever is wrong.
   */
  async fits(
    stationId: StationId,
    meant: readonly (Buffer | string)[],
  ): Promise<{ enter(): void } | undefined> {
    const door = this.#doors.get(stationId);
    if (!door) return undefined;
    const entries = door.record?.entries ?? [CONFIGURED];
    const matches = await Promise.all(entries.map((entry) => matchOf(door, entry, meant)));
    // The latest: the same password may have been told twice.
    const match = matches.findLast((each) => each !== undefined);
    return match && { enter: () => this.#entered(door, match) };
  }

  /** What counts for a station; undefined if it has no password. */
  recordOf(stationId: StationId): PasswordRecord | undefined {
    const door = this.#doors.get(stationId);
    return door && (door.record ?? { beside: '', entries: [CONFIGURED] });
  }

  /**
   * Lets a password count beside those that do. Resolves once it is stored: it may be sent then.
   *
   * @throws BridgeError OCPP_PASSWORD_PENDING, STORE_UNAVAILABLE
   */
  async offer(stationId: StationId, entry: Entry): Promise<void> {
    const door = this.#doors.get(stationId);
    if (!door) return;
    const record = door.record ?? { beside: besideOf(door.configured), entries: [CONFIGURED] };
    if (record.entries.length > MOST_TOLD) {
      const message = `${stationId} was told ${MOST_TOLD} passwords, and nobody knows whether it took one of them`;
      throw new BridgeError('OCPP_PASSWORD_PENDING', message, { station: stationId });
    }
    door.record = offered(record, entry);
    door.stale = false;
    try {
      await this.#save(door);
    } catch (error) {
      // It was not sent, so nobody misses it.
      this.#change(door, refused(door.record, entry.intent));
      throw error;
    }
  }

  /** What the station answered. Never rejects: what is not stored is taken for unanswered after a restart. */
  async answered(stationId: StationId, { intent }: Entry, yes: boolean): Promise<void> {
    const door = this.#doors.get(stationId);
    if (!door?.record || intent === '') return;
    this.#change(door, (yes ? accepted : refused)(door.record, intent));
    await this.#saveIfPossible(door);
  }

  /** Somebody else gave the station a password, and it took it. Counts at once; never rejects. */
  async learned(stationId: StationId, entry: Entry): Promise<void> {
    const door = this.#doors.get(stationId);
    if (!door) return;
    const { beside: known, entries } = door.record ?? {
      beside: besideOf(door.configured),
      entries: [CONFIGURED],
    };
    const [inForce, ...told] = entries;
    const room = inForce ? [inForce, ...told.slice(-(MOST_TOLD - 1))] : told;
    door.record = offered({ beside: known, entries: room }, { ...entry, accepted: true });
    door.stale = false;
    const { id, ocpp } = door.station;
    this.#runtime.log.info(
      { stationId: id, identity: ocpp.identity },
      'a station took a new password from its CSMS',
    );
    await this.#saveIfPossible(door);
  }

  #entered(door: Door, { entry, asConfigured }: Match): void {
    if (door.stale) {
      door.stale = false;
      void this.#saveIfPossible(door);
    }
    if (!door.record) return;
    const isFirst = door.record.entries[0]?.intent !== entry.intent;
    if (!isFirst && !(asConfigured && entry.hashes.length > 0)) return;
    this.#change(door, used(door.record, entry.intent, asConfigured));
    void this.#saveIfPossible(door);
    if (isFirst) this.#noteUse(door, entry);
  }

  #noteUse({ station }: Door, { configured, intent }: Entry): void {
    const { depot, log } = this.#runtime;
    const { id, ocpp } = station;
    const source = configured ? 'configuration' : 'bridge';
    log.info({ stationId: id, source }, 'a station came in with its new password: the old one is refused');
    void depot.journal.appendOrGap({
      ...{ depotId: depot.id, link: `ocpp:${ocpp.identity}`, protocol: 'bridge', direction: 'internal' },
      ...{ action: 'PasswordUsed', raw: JSON.stringify({ source }), causes: intent === '' ? [] : [intent] },
    });
  }

  #change(door: Door, record: PasswordRecord): void {
    door.record = isPlain(record) ? undefined : record;
  }

  async #save({ station, record }: Door): Promise<void> {
    if (record) await this.#store?.hashSet(this.#key, station.id, JSON.stringify(record));
    else await this.#store?.hashDelete(this.#key, station.id);
  }

  async #saveIfPossible(door: Door): Promise<void> {
    try {
      await this.#save(door);
    } catch (error) {
      const stationId = door.station.id;
      this.#runtime.log.warn(
        { err: error, stationId },
        'after a restart the old password of a station will count too, until it comes in with the new one',
      );
    }
  }

  async #take(stationId: string, record: PasswordRecord): Promise<void> {
    const door = this.#doors.get(stationId);
    if (!door) return;
    const { log } = this.#runtime;
    if (await isSame(door, record.beside)) door.record = record;
    else if (await isAmong(door, record)) {
      door.record = beside(record, besideOf(door.configured));
      await this.#saveIfPossible(door);
    } else {
      door.stale = true;
      const message =
        'the configured password of a station was changed: it counts, not what the bridge gave it';
      log.warn({ stationId }, message);
      return;
    }
    const [inForce, ...told] = record.entries;
    const since = new Date(inForce?.at ?? 0).toISOString();
    if (!inForce?.configured)
      log.info({ stationId, since }, 'a station has a password from the bridge, not the configured one');
    if (told.length > 0)
      log.info({ stationId, told: told.length }, 'a station may come in with a new password');
  }
}

const CONFIGURED: Entry = { intent: '', at: 0, configured: true, hashes: [] };

async function matchOf(
  door: Door,
  entry: Entry,
  meant: readonly (Buffer | string)[],
): Promise<Match | undefined> {
  const tests = entry.hashes.map((hash) => secretTest(hash, `station ${door.station.id}`));
  const [asConfigured, ...others] = await Promise.all([
    entry.configured === true && isOneOf(meant, door.test),
    ...tests.map((test) => isOneOf(meant, test)),
  ]);
  return asConfigured || others.includes(true) ? { entry, asConfigured: asConfigured === true } : undefined;
}

async function isOneOf(meant: readonly (Buffer | string)[], test: SecretTest): Promise<boolean> {
  for (const each of meant) if (await test(each)) return true;
  return false;
}

/** What is kept of a configured password, to know it again. */
function besideOf(configured: string): string {
  return isHashed(configured) ? configured : hashConfigured(configured);
}

async function isSame({ configured, station }: Door, hash: string): Promise<boolean> {
  return (
    configured === hash || (!isHashed(configured) && secretTest(hash, `station ${station.id}`)(configured))
  );
}

/** Whether somebody wrote one of the passwords that count into the configuration, in clear or hashed. */
async function isAmong(door: Door, { entries }: PasswordRecord): Promise<boolean> {
  const hashes = entries.flatMap((entry) => entry.hashes);
  return (await Promise.all(hashes.map((hash) => isSame(door, hash)))).includes(true);
}
