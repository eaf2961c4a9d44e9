import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { SimulatorError } from './errors.js';
import { Fleet } from './fleet.js';
import type { ChargerOptions, PowerType, Protocol } from './options.js';
import {
  checkReport,
  clockOf,
  parseScenario,
  readScenario,
  reasonOf,
  type Scenario,
  StationRun,
  verdictLines,
  writeReport,
} from './scenario/index.js';
import { ChargerSimulator } from './simulator.js';

/** What `depotbridge sim charger` takes. */
export interface ChargerCommandOptions {
  /** Without the identity, e.g. `ws://127.0.0.1:7461/ocpp`. */
  readonly url: string;
  /** With several stations, `{n}` stands for a station's number; without it, `-0001` … is appended. */
  readonly identity: string;
  /** May hold `{n}` too. */
  readonly password?: string;
  readonly protocol: Protocol;
  /** File of the scenario. Absent: every station charges one bus until the simulator is stopped. */
  readonly scenario?: string;
  /** Default 1. */
  readonly stations?: number;
  /** Connectors or EVSEs of each station (default 1). */
  readonly points?: number;
  /** Default DC. */
  readonly powerType?: PowerType;
  /** Of each point (default 150 on DC, 22 on AC of three phases). */
  readonly maxPowerKw?: number;
  /** Simulated seconds in a real one; overrides the scenario's. */
  readonly timeScale?: number;
  /** Simulated seconds between meter values (default 60). */
  readonly meterIntervalSeconds?: number;
  /** PEM files for wss. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /**
   * Real seconds: a station that is not accepted within them, or later is refused for so long, has failed
   * (default 60).
   */
  readonly connectWithinSeconds?: number;
  /** Where the verdict goes, as JUnit (.xml) or JSON (.json). */
  readonly report?: string;
  /** Print the verdict only. */
  readonly quiet?: boolean;
  /** Print every frame. */
  readonly frames?: boolean;
  /** Ends the simulation (Ctrl-C). */
  readonly signal?: AbortSignal;
  /** Where lines go (default: standard output). */
  readonly print?: (line: string) => void;
}

const oneBus = `
- { at: '00:00:05', do: plugIn, point: 1, vehicle: { batteryWh: 350000, socPct: 40, maxPowerW: 150000, idTag: SIM-BUS } }
- { at: '99999:00', do: wait }
`;

function nameOf(pattern: string, station: number, stations: number): string {
  const number = String(station).padStart(4, '0');
  if (pattern.includes('{n}')) return pattern.replaceAll('{n}', number);
  return stations === 1 ? pattern : `${pattern}-${number}`;
}

/** @throws SimulatorError for what no station could be made of */
function checkOptions({
  url,
  stations = 1,
  points = 1,
  connectWithinSeconds = 60,
}: ChargerCommandOptions): void {
  if (!Number.isInteger(stations) || stations < 1)
    throw new SimulatorError('stations must be a whole number from 1');
  if (!Number.isInteger(points) || points < 1)
    throw new SimulatorError('points must be a whole number from 1');
  if (!(connectWithinSeconds > 0)) throw new SimulatorError('connectWithinSeconds must be above 0');
  const scheme = URL.canParse(url) ? new URL(url).protocol : undefined;
  if (scheme !== 'ws:' && scheme !== 'wss:')
    throw new SimulatorError(`${url} is no WebSocket URL; it looks like wss://csms.example/ocpp`);
}

function fleetOf(options: ChargerCommandOptions, scenario: Scenario): Fleet {
  const { stations = 1, points = 1, powerType = 'DC' } = options;
  const { phases, ...kind } = scenario.station ?? {};
  const clock = clockOf(scenario, options.timeScale);
  const ratedKw = powerType === 'DC' ? 150 : (22 / 3) * (phases ?? 3);
  const maxPowerW = (options.maxPowerKw ?? ratedKw) * 1000;
  const pointKey = options.protocol === 'ocpp1.6' ? 'connectorId' : 'evseId';
  const pem = (file: string | undefined): string | undefined =>
    file === undefined ? undefined : readFileSync(file, 'utf8');
  const tls = Object.fromEntries(
    Object.entries({ ca: pem(options.ca), cert: pem(options.cert), key: pem(options.key) }).filter(
      ([, value]) => value !== undefined,
    ),
  );
  const optionsOf = (station: number): ChargerOptions => ({
    url: options.url,
    identity: nameOf(options.identity, station, stations),
    protocol: options.protocol,
    clock,
    points: Array.from({ length: points }, (_, index) => ({
      ...{ [pointKey]: index + 1, powerType, maxPowerW },
      ...(phases === undefined ? {} : { phases }),
    })),
    ...kind,
    meterIntervalMs: (options.meterIntervalSeconds ?? 60) * 1000,
    ...(options.password === undefined
      ? {}
      : { password: options.password.replaceAll('{n}', String(station).padStart(4, '0')) }),
    ...(Object.keys(tls).length > 0 ? { tls } : {}),
  });
  return new Fleet(
    Array.from({ length: stations }, (_, index) => new ChargerSimulator(optionsOf(index + 1))),
  );
}

interface Narration {
  readonly frames: boolean;
  readonly print: (line: string) => void;
  /** The simulation ends: what is cut short now is no failure of anybody. */
  readonly isOver: () => boolean;
}

function narrate(charger: ChargerSimulator, { frames, print, isOver }: Narration): void {
  const say = (words: string): void => {
    const time = new Date(charger.clock.now()).toISOString().slice(0, 19);
    print(`${time}Z ${charger.identity} ${words}`);
  };
  const { events } = charger;
  events.on('connected', ({ subprotocol }) => say(`connected (${subprotocol ?? 'no subprotocol'})`));
  events.on('disconnected', ({ code }) => say(`disconnected (${code})`));
  events.on('refused', (error) => say(`no connection: ${reasonOf(error)}`));
  events.on('accepted', () => say('accepted by the CSMS'));
  events.on('state', ({ pointId, state }) => {
    const { powerW, socPct } = charger.view(pointId);
    const soc = socPct === undefined ? '' : `, SoC ${socPct.toFixed(1)} %`;
    say(`point ${pointId} ${state}, ${(powerW / 1000).toFixed(1)} kW${soc}`);
  });
  events.on('secondSocket', ({ what }) => say(`second socket ${what}`));
  events.on('acknowledged', ({ transactionId, energyWh }) => {
    const energy = energyWh === undefined ? 'started' : `ended with ${(energyWh / 1000).toFixed(1)} kWh`;
    say(`transaction ${transactionId} ${energy}`);
  });
  events.on('dropped', ({ action }) => say(`gave up ${action}`));
  events.on('failed', (failure) => {
    if (!isOver() || failure.kind !== 'lost') say(failure.message);
  });
  events.on('violation', ({ direction, action, part, message }) =>
    say(`${direction} ${action}.${part} does not fit its schema: ${message}`),
  );
  events.on('garbled', ({ frame, reason }) => say(`received nonsense: ${reason}: ${frame.slice(0, 200)}`));
  if (!frames) return;
  events.on('sent', (frame) => say(`> ${frame}`));
  events.on('received', (frame) => say(`< ${frame}`));
}

/** Real time for the last messages of a scenario to be answered, ms. */
const farewellMs = 5_000;

/** One station after the other, so that not all knock at once. */
const apartMs = 2;

/**
 * Runs simulated stations until their scenario or `signal` ends. Returns the exit code: 0, or 1 when a station
 * failed: an expectation, a step that cannot be done, no connection, a message that did not fit its schema.
 * @throws SimulatorError for a wrong option, AggregateError of BridgeErrors for a wrong scenario
 */
export async function runChargerCommand(options: ChargerCommandOptions): Promise<number> {
  const print = options.print ?? ((line: string) => void process.stdout.write(`${line}\n`));
  const { connectWithinSeconds = 60, report, signal, stations = 1, points = 1 } = options;
  checkOptions(options);
  if (report !== undefined) checkReport(report);
  const scenario =
    options.scenario === undefined
      ? parseScenario(oneBus, 'built-in scenario')
      : readScenario(options.scenario, { stations, points });
  const fleet = fleetOf(options, scenario);
  const runs = fleet.chargers.map(
    (charger, index) => new StationRun(charger, index + 1, connectWithinSeconds * 1000),
  );
  let over = false;
  const narration: Narration = { frames: options.frames === true, print, isOver: () => over };
  if (!options.quiet) for (const { charger } of runs) narrate(charger, narration);
  const end = (): Promise<void> => {
    over = true;
    return fleet.stop();
  };
  const stop = (): void => void end();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    await Promise.all(runs.map((run, index) => pause(index * apartMs).then(() => run.start())));
    await Promise.all(runs.map((run) => run.run(scenario, signal)));
    await Promise.all(fleet.chargers.map((charger) => charger.settled(farewellMs)));
  } finally {
    signal?.removeEventListener('abort', stop);
    await end();
  }
  const verdicts = runs.map((run) => run.verdict());
  for (const line of verdictLines(verdicts)) print(line);
  if (report !== undefined) writeReport(report, verdicts);
  return verdicts.every(({ passed }) => passed) ? 0 : 1;
}
