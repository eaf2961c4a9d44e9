/**
 * Two hundred times kill -9: stations report transactions, the bridge is killed in the midst of it, and what was
 * acknowledged must be there when it is back. Prints how many acknowledged transaction events were lost, ends with 1 if
 * any was.
 *
 *     npx tsx scripts/kill.ts [rounds=200] [lmdb|redis]
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { DepotStateJson, ProcessState } from '../src/domain/index.js';
import { bigDepotConfig, pointId, range, stationId } from '../test/support/big-depot.js';
import { type BridgeProcess, startBridgeProcess } from '../test/support/bridge.js';
import { RawStation } from '../test/support/raw-station.js';
import { startRedis } from '../test/support/redis.js';

const STATIONS = 16;
const LEAST_MS = 100;
const SPREAD_MS = 400;

const rounds = Number(process.argv[2] ?? 200);
const onRedis = process.argv[3] === 'redis';
const depot = { stations: STATIONS, pointsPerStation: 1 };

/** What a station saw acknowledged of one transaction. */
interface Acknowledged {
  readonly station: number;
  readonly transactionId: string;
  readonly meterStart: number;
  /** Of the last reading, or of the end. */
  meterWh: number;
  ended: boolean;
}

interface Ending {
  readonly action: string;
  readonly payload: Record<string, unknown>;
  readonly meterWh: number;
}

/**
 * Runs transactions of one station, one after the other, until its socket dies. Odd ones 1.6J, even ones 2.0.1. As a
 * charger does, it repeats the end of a transaction until it is confirmed: nothing is metered after it.
 */
class Reporter {
  readonly acknowledged: Acknowledged[] = [];
  events = 0;
  readonly #station: number;
  #meterWh = 1_000_000;
  #open: Acknowledged | undefined;
  /** The end of the open transaction, sent and not yet confirmed. */
  #ending: Ending | undefined;

  constructor(station: number) {
    this.#station = station;
  }

  async run(port: number): Promise<void> {
    const is16 = this.#station % 2 === 1;
    const version = is16 ? 'ocpp1.6' : 'ocpp2.0.1';
    const [identity, password] = [`CP-${this.#station}`, `cp-secret-of-station-${this.#station}`];
    // The bridge may be killed while a station is just dialling.
    const socket = await RawStation.connect(port, identity, password, version).catch(() => undefined);
    if (!socket) return;
    socket.socket.on('error', () => undefined);
    const gone = new Promise<never>((_, reject) => {
      socket.socket.once('close', () => reject(new Gone()));
    });
    gone.catch(() => undefined);
    const ask = (action: string, payload: Record<string, unknown>) =>
      Promise.race([socket.call(action, payload), gone]);
    try {
      for (;;) {
        if (this.#ending) await this.#end(ask, this.#ending);
        else await (is16 ? this.#turn16(ask) : this.#turn201(ask));
      }
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
    }
  }

  #did(what: Acknowledged, meterWh: number, ended: boolean): void {
    Object.assign(what, { meterWh, ended });
    this.events += 1;
  }

  #began(transactionId: string, meterStart: number): Acknowledged {
    const begun = { station: this.#station, transactionId, meterStart, meterWh: meterStart, ended: false };
    this.acknowledged.push(begun);
    this.events += 1;
    return begun;
  }

  async #end(ask: Ask, { action, payload, meterWh }: Ending): Promise<void> {
    await ask(action, payload);
    if (this.#open) this.#did(this.#open, meterWh, true);
    this.#open = undefined;
    this.#ending = undefined;
  }

  async #turn16(ask: Ask): Promise<void> {
    const at = new Date().toISOString();
    if (!this.#open) {
      this.#meterWh += 10;
      const meterStart = this.#meterWh;
      const answer = await ask('StartTransaction', {
        connectorId: 1,
        idTag: 'KILL',
        meterStart,
        timestamp: at,
      });
      this.#open = this.#began(String(answer['transactionId']), meterStart);
      return;
    }
    const open = this.#open;
    const transactionId = Number(open.transactionId);
    this.#meterWh += 1 + Math.floor(Math.random() * 50);
    const meterWh = this.#meterWh;
    if (Math.random() < 0.2) {
      const payload = { transactionId, meterStop: meterWh, timestamp: at };
      this.#ending = { action: 'StopTransaction', payload, meterWh };
      return;
    }
    const sampledValue = [{ value: String(meterWh), unit: 'Wh' }];
    await ask('MeterValues', {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: at, sampledValue }],
    });
    this.#did(open, meterWh, false);
  }

  async #turn201(ask: Ask): Promise<void> {
    const timestamp = new Date().toISOString();
    this.#meterWh += 1 + Math.floor(Math.random() * 50);
    const meterWh = this.#meterWh;
    const told = (eventType: string, transactionId: string, context: string) => ({
      eventType,
      timestamp,
      triggerReason: 'MeterValuePeriodic',
      seqNo: this.events,
      transactionInfo: { transactionId },
      evse: { id: 1, connectorId: 1 },
      meterValue: [{ timestamp, sampledValue: [{ value: meterWh, context }] }],
    });
    const open = this.#open;
    if (!open) {
      const transactionId = `T-${this.#station}-${meterWh}`;
      await ask('TransactionEvent', told('Started', transactionId, 'Transaction.Begin'));
      this.#open = this.#began(transactionId, meterWh);
    } else if (Math.random() < 0.2) {
      const payload = told('Ended', open.transactionId, 'Transaction.End');
      this.#ending = { action: 'TransactionEvent', payload, meterWh };
    } else {
      await ask('TransactionEvent', told('Updated', open.transactionId, 'Sample.Periodic'));
      this.#did(open, meterWh, false);
    }
  }
}

class Gone extends Error {}
type Ask = (action: string, payload: Record<string, unknown>) => Promise<Record<string, unknown>>;

/** What of a transaction is not in the state, in words. */
function lossOf(each: Acknowledged, processes: readonly ProcessState[]): string | undefined {
  const name = `${stationId(each.station)} ${each.transactionId}`;
  const held = processes.filter(
    (process) =>
      process.pointId === pointId(each.station, 1) && process.transactionId?.value === each.transactionId,
  );
  const [process] = held;
  if (held.length !== 1 || !process) return `${name} is there ${held.length} times`;
  if (each.ended && !process.endedAt) return `${name} has not ended`;
  const deliveredWh = process.deliveredWh?.value ?? 0;
  // What was sent but not acknowledged may be there too.
  if (deliveredWh < each.meterWh - each.meterStart)
    return `${name}: ${deliveredWh} Wh of ${each.meterWh - each.meterStart}`;
  return undefined;
}

async function main(bridge: BridgeProcess): Promise<number> {
  const reporters = range(STATIONS).map((station) => new Reporter(station));
  let lost = 0;
  for (let round = 1; round <= rounds; round++) {
    const runs = reporters.map((reporter) => reporter.run(bridge.ports.ocpp));
    await pause(LEAST_MS + Math.random() * SPREAD_MS);
    await bridge.kill();
    await Promise.all(runs);
    await bridge.restart();
    const { processes } = await bridge.get<DepotStateJson>('/api/v1/state');
    const losses = reporters
      .flatMap(({ acknowledged }) => acknowledged)
      .flatMap((each) => lossOf(each, Object.values(processes)) ?? []);
    lost += losses.length;
    for (const loss of losses.slice(0, 5)) console.log(`round ${round}: ${loss}`);
    if (round % 20 === 0 || round === rounds) {
      const events = reporters.reduce((sum, each) => sum + each.events, 0);
      const transactions = reporters.reduce((sum, each) => sum + each.acknowledged.length, 0);
      console.log(
        `${round} kills: ${events} acknowledged events of ${transactions} transactions, ${lost} lost`,
      );
    }
  }
  return lost;
}

const redis = onRedis ? await startRedis() : undefined;
const bridge = await startBridgeProcess({
  store: redis ? { redisUrl: redis.url } : 'lmdb',
  edit: bigDepotConfig(depot),
});
try {
  process.exitCode = (await main(bridge)) === 0 ? 0 : 1;
} finally {
  await bridge.remove();
  await redis?.stop();
}
