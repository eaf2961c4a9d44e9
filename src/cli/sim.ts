/** `depotbridge sim …` and `depotbridge conformance …`: the simulators and kits, one by one. */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { DIALECTS } from '../config/index.js';
import type { Dialect, PresystemKind } from '../sim/bms/index.js';
import type { PowerType, Protocol } from '../sim/charger/index.js';
import type { OcpiVersion } from '../sim/emsp/index.js';
import { number, seconds } from './arguments.js';
import { reportFailure } from './failure.js';
import { registerCsms } from './sim-csms.js';

type Run = (command: () => Promise<number>) => Promise<void>;

/** An abort signal that Ctrl-C and SIGTERM give. */
function untilSignal(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  process.once('SIGTERM', () => controller.abort());
  return controller.signal;
}

function party(text: string): { countryCode: string; partyId: string } {
  const [, countryCode, partyId] = /^([A-Z]{2})[*-]?([A-Z0-9]{3})$/.exec(text) ?? [];
  if (!countryCode || !partyId) throw new InvalidArgumentError('it must look like NL*EMS.');
  return { countryCode, partyId };
}

const dialect = () => new Option('--dialect <dialect>', 'VDV 463 dialect').choices(DIALECTS).default('1.1.0');
const kind = () => new Option('--kind <kind>', 'kind of presystem').choices(['BMS', 'ITCS']).default('BMS');

/** Adds the commands; `run` runs one and ends the process. */
export function registerSim(program: Command, run: Run): void {
  const sim = program.command('sim').description('simulated peers on real sockets');
  registerCharger(sim, run);
  registerCsms(sim, ({ commands, ...flags }) =>
    run(async () => {
      const { runCsmsCommand } = await import('../sim/csms/index.js');
      const input = commands ? { commands: process.stdin } : {};
      return runCsmsCommand({ ...flags, ...input, signal: untilSignal() });
    }),
  );
  registerBms(sim, run);
  registerEmsp(sim, run);
  registerCms(sim, run);
  registerConformance(program, run);
}

interface ChargerFlags {
  url: string;
  identity: string;
  password?: string;
  protocol: Protocol;
  scenario?: string;
  stations?: number;
  points?: number;
  powerType?: PowerType;
  maxPowerKw?: number;
  timeScale?: number;
  meterIntervalSeconds?: number;
  ca?: string;
  cert?: string;
  key?: string;
  frames?: boolean;
  connectWithinSeconds?: number;
  report?: string;
  quiet?: boolean;
}

/** Exit code of a charger simulation that could not even begin; 1 is a failed verdict. */
const UNUSABLE = 2;

function registerCharger(sim: Command, run: Run): void {
  sim
    .command('charger')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : UNUSABLE))
    .description('charging stations, OCPP 1.6J or 2.0.1, one or a hundred in one process')
    .requiredOption('--url <url>', 'CSMS without the identity, e.g. ws://127.0.0.1:7461/ocpp')
    .requiredOption('--identity <id>', '{n} stands for the number of a station, 0001 and on')
    .option('--password <password>', 'HTTP Basic; {n} as in the identity')
    .addOption(
      new Option('--protocol <protocol>', 'subprotocol').choices(['ocpp1.6', 'ocpp2.0.1']).default('ocpp1.6'),
    )
    .option('--scenario <file>', 'YAML; without one every station charges a bus until stopped')
    .option('--stations <n>', 'how many (1)', number)
    .option('--points <n>', 'connectors or EVSEs of each (1)', number)
    .addOption(new Option('--power-type <type>', 'of each point (DC)').choices(['DC', 'AC']))
    .option('--max-power-kw <kW>', 'of each point (150 on DC, 22 on AC of three phases)', number)
    .option('--time-scale <n>', 'simulated seconds in a real one (those of the scenario, or 1)', number)
    .option(
      '--meter-interval-seconds <s>',
      'between meter values, simulated; the CSMS may change it (60)',
      seconds,
    )
    .option('--ca <file>', 'PEM, trusted root')
    .option('--cert <file>', 'PEM, client certificate')
    .option('--key <file>', 'PEM, its key')
    .option(
      '--connect-within-seconds <s>',
      'a station that is not accepted by then, or later refused for so long, has failed (60)',
      seconds,
    )
    .option('--report <file>', 'the verdict as JUnit (.xml) or JSON (.json)')
    .option('--quiet', 'print the verdict only')
    .option('--frames', 'print every frame')
    .action((flags: ChargerFlags) =>
      run(async () => {
        const { runChargerCommand } = await import('../sim/charger/index.js');
        return runChargerCommand({ ...flags, signal: untilSignal() }).catch((error: unknown) => {
          reportFailure(error);
          return UNUSABLE;
        });
      }),
    );
}

interface PresystemFlags {
  url: string;
  presystemId: string;
  kind: PresystemKind;
  user: string;
  password: string;
  dialect: Dialect;
  ca?: string;
}

/** The trusted root of a self-signed certificate, as the clients want it. */
function tlsOf({ ca }: { ca?: string }): { tls?: { ca: string } } {
  return ca ? { tls: { ca: readFileSync(ca, 'utf8') } } : {};
}

interface BmsFlags extends PresystemFlags {
  requests?: string;
  scenario?: string;
  frames?: boolean;
}

function registerBms(sim: Command, run: Run): void {
  sim
    .command('bms')
    .description('an upstream system of VDV 463')
    .requiredOption('--url <url>', 'e.g. ws://127.0.0.1:7463/vdv463/BMS-1')
    .requiredOption('--presystem-id <id>')
    .requiredOption('--user <user>')
    .requiredOption('--password <password>')
    .addOption(kind())
    .addOption(dialect())
    .option('--ca <file>', 'PEM, trusted root')
    .option('--requests <file>', 'JSON list of charging requests to order from the start')
    .option('--scenario <file>', 'YAML: the buses of a night, their changes, ad hoc orders')
    .option('--frames', 'print every frame')
    .action(({ ca, requests, scenario, ...flags }: BmsFlags) =>
      run(async () => {
        const { readScenario, runBmsCommand } = await import('../sim/bms/index.js');
        const list = requests ? { requests: JSON.parse(readFileSync(requests, 'utf8')) } : {};
        const night = scenario ? readScenario(scenario) : undefined;
        const plan = night
          ? {
              ...night,
              plan: { ...night.plan, kind: flags.kind, withInstruction: flags.dialect !== '2.0.0' },
            }
          : {};
        return runBmsCommand({
          ...flags,
          ...tlsOf(ca ? { ca } : {}),
          ...list,
          ...plan,
          signal: untilSignal(),
        });
      }),
    );
}

interface EmspFlags {
  cpoVersionsUrl?: string;
  token?: string;
  party: { countryCode: string; partyId: string };
  ocpiVersion: OcpiVersion[];
  port?: number;
  once?: boolean;
  frames?: boolean;
}

function registerEmsp(sim: Command, run: Run): void {
  sim
    .command('emsp')
    .description('a roaming partner of OCPI')
    .option('--cpo-versions-url <url>', 'register there, e.g. http://127.0.0.1:7462/ocpi/versions')
    .option('--token <token>', 'registration token (token A)')
    .option('--party <party>', 'country and party', party, { countryCode: 'NL', partyId: 'EMS' })
    .addOption(
      new Option('--ocpi-version <version...>', 'versions offered')
        .choices(['2.1.1', '2.2.1', '2.3.0'])
        .default(['2.2.1']),
    )
    .option('--port <port>', 'own port on 127.0.0.1', number)
    .option('--once', 'end after registration and one look')
    .option('--frames', 'print every body')
    .action(({ token, ocpiVersion, ...flags }: EmspFlags) =>
      run(async () => {
        const { runEmspCommand } = await import('../sim/emsp/index.js');
        return runEmspCommand({
          ...flags,
          versions: ocpiVersion,
          ...(token ? { registrationToken: token } : {}),
          signal: untilSignal(),
        });
      }),
    );
}

function registerCms(sim: Command, run: Run): void {
  sim
    .command('cms')
    .description('a small CMS without chargers, for those who build an upstream system')
    .requiredOption('--presystem-id <id>')
    .requiredOption('--user <user>')
    .requiredOption('--password <password>')
    .addOption(kind())
    .addOption(dialect())
    .option('--port <port>', 'on 127.0.0.1', number)
    .action(({ port, ...presystem }: Omit<PresystemFlags, 'url' | 'ca'> & { port?: number }) =>
      run(async () => {
        const { runCmsCommand } = await import('../sim/cms/index.js');
        return runCmsCommand({
          presystems: [presystem],
          ...(port === undefined ? {} : { port }),
          signal: untilSignal(),
        });
      }),
    );
}

interface ConformanceFlags extends PresystemFlags {
  intervalSeconds?: number;
  timeoutSeconds?: number;
  junit?: string;
  only?: string[];
  strict?: boolean;
}

function registerConformance(program: Command, run: Run): void {
  const conformance = program
    .command('conformance')
    .description('acceptance kits to run against any implementation');
  conformance
    .command('vdv463')
    .description('plays an upstream system against a CMS and reports what it does wrong')
    .requiredOption('--url <url>', 'of the CMS, e.g. wss://cms.example/vdv463/BMS-1')
    .requiredOption('--user <user>')
    .requiredOption('--password <password>')
    .option('--presystem-id <id>', 'as the CMS knows us', 'BMS-1')
    .addOption(kind())
    .addOption(dialect())
    .option('--ca <file>', 'PEM, trusted root')
    .option('--interval-seconds <s>', 'how often the CMS sends information', seconds)
    .option('--timeout-seconds <s>', 'how long the CMS waits for an answer', seconds)
    .option('--only <id...>', 'only scenarios whose id begins so')
    .option('--strict', 'recommendations count as failures too')
    .option('--junit <file>', 'write a JUnit report')
    .action(({ ca, intervalSeconds, timeoutSeconds, junit, ...flags }: ConformanceFlags) =>
      run(async () => {
        const { runConformanceCommand } = await import('../sim/conformance/vdv463/index.js');
        return runConformanceCommand({
          ...flags,
          ...tlsOf(ca ? { ca } : {}),
          ...(intervalSeconds === undefined ? {} : { intervalMs: intervalSeconds * 1000 }),
          ...(timeoutSeconds === undefined ? {} : { timeoutMs: timeoutSeconds * 1000 }),
          ...(junit ? { junitFile: junit } : {}),
        });
      }),
    );
}
