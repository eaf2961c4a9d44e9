#!/usr/bin/env node
/** The command line: one file per command in cli/. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, type CommanderError, Option } from 'commander';
import { seconds } from './cli/arguments.js';
import { reportFailure } from './cli/failure.js';
import { registerSim } from './cli/sim.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const EXAMPLE_CONFIG = fileURLToPath(new URL('../config/depot.example.yaml', import.meta.url));

const program = new Command('depotbridge')
  .description('Bridge between VDV 463, OCPP and OCPI for electric-bus depots')
  .version(version)
  .showHelpAfterError()
  .enablePositionalOptions();

/** For commands whose exit code 1 means something else: how they end when they are asked in a wrong way. */
function misused({ exitCode }: CommanderError): never {
  process.exit(exitCode === 0 ? 0 : 2);
}

/** Runs a command and ends the process with its exit code. */
function run(command: () => Promise<number>): Promise<void> {
  return command().then(
    (code) => process.exit(code),
    (error: unknown) => process.exit(reportFailure(error)),
  );
}

program
  .command('start')
  .description('the bridge, until SIGTERM or Ctrl-C')
  .option('-c, --config <file>', 'configuration', EXAMPLE_CONFIG)
  .action((options) => run(async () => (await import('./cli/start.js')).start(options)));

program
  .command('trace')
  .description('where an entry or one of its fields came from, or what it touched')
  .argument('<id>', 'journal id, ms-seq')
  .option('-c, --config <file>', 'configuration', EXAMPLE_CONFIG)
  .option('--forward', 'what the entry touched')
  .option('--full', 'raw payloads in full')
  .option('--field <path>', 'one field of the payload, e.g. depotInfoList.0.name')
  .action((id, options) => run(async () => (await import('./cli/trace.js')).trace(id, options)));

program
  .command('explain')
  .description('why something is as it is, or was: value, since when, frames, rules, what was told to whom')
  .argument('[what]', 'point, limit, process or request')
  .argument('[id]', 'a charging point, a process, <presystem>/<request>')
  .option('--at <time>', 'instant, date, time of day (UTC) or journal id; left out: now')
  .option('--for <viewer>', 'a presystem or partner: what it sees of a point')
  .addOption(new Option('--format <format>', 'output').choices(['text', 'json']).default('text'))
  .option('-c, --config <file>', 'configuration', EXAMPLE_CONFIG)
  .exitOverride(misused)
  .action((what, id, options) =>
    run(async () => (await import('./cli/explain.js')).explain(what, id, options)),
  );

program
  .command('replay')
  .description('a window of the journal through other tables, or the present ones: what would be otherwise')
  .option('--from <time>', 'instant, date, time of day (UTC) or journal id; left out: from the beginning')
  .option('--to <time>', 'the same; left out: up to now')
  .option(
    '--mappings <folders...>',
    'tables to compare with those of the configuration; `builtin` are those that ship',
  )
  .option('--diff', 'show every difference; exit code 1 if there are any')
  .option('--station <id>', 'only this station')
  .addOption(new Option('--format <format>', 'output').choices(['text', 'json']).default('text'))
  .option('-c, --config <file>', 'configuration', EXAMPLE_CONFIG)
  .exitOverride(misused)
  .action((options) => run(async () => (await import('./cli/replay.js')).replay(options)));

program
  .command('check')
  .description('configuration and tables; exit code 1 on any error')
  .argument('[paths...]', 'configurations, or folders that hold a whole set of tables')
  .option('-c, --config <file>', 'configuration', EXAMPLE_CONFIG)
  .addOption(new Option('--format <format>', 'output').choices(['text', 'json', 'junit']).default('text'))
  .option('--effective', 'the rows in force for a station, shadowed ones marked')
  .option('--station <id>', 'with --effective: whose; a running bridge tells its make')
  .option('--vendor <name>', 'as in BootNotification')
  .option('--model <name>', 'as in BootNotification')
  .option('--firmware <version>', 'as in BootNotification')
  .addOption(new Option('--ocpp <version>', 'version of OCPP').choices(['1.6', '2.0.1', '2.1']))
  .option('--mapping <name>', 'with --effective: only this mapping')
  .option('--list', 'the names of all mappings, and what each makes of what')
  .action((paths, options) => run(async () => (await import('./cli/check.js')).check(paths, options)));

program
  .command('translate')
  .description('one payload through the tables: output, rules that fired, inputs that no rule reads, losses')
  .argument('<mapping>', 'a mapping, or a message such as ocpp16.StatusNotification')
  .argument('[file]', 'JSON payload or a whole OCPP-J call; - reads standard input', '-')
  .option('-c, --config <file>', 'configuration', EXAMPLE_CONFIG)
  .addOption(new Option('--format <format>', 'output').choices(['text', 'json']).default('text'))
  .option('--vendor <name>', 'as in BootNotification')
  .option('--model <name>', 'as in BootNotification')
  .option('--firmware <version>', 'as in BootNotification')
  .option('--station <id>', 'station id', 'N1')
  .addOption(new Option('--ocpp <version>', 'version of OCPP').choices(['1.6', '2.0.1', '2.1']))
  .action((mapping, file, options) =>
    run(async () => (await import('./cli/translate.js')).translate(mapping, file, options)),
  );

const mapping = program.command('mapping').description('work on tables');
mapping
  .command('new')
  .description('a starting overlay from a captured payload, with an example, on standard output')
  .requiredOption('--from <file>', 'JSON payload or a whole OCPP-J call; - reads standard input')
  .requiredOption('--message <name>', 'what it is, such as ocpp16.StatusNotification')
  .requiredOption('--vendor <name>', 'as in BootNotification')
  .option('--model <name>', 'as in BootNotification; * stands for any text')
  .option('--firmware <version>', 'as in BootNotification; <2.4 and the like are versions')
  .option('--mapping <name>', 'the mapping to overlay, if not the one that fits best')
  .option('--station <id>', 'station id for the example', 'N1')
  .option('-c, --config <file>', 'configuration', EXAMPLE_CONFIG)
  .action((options) => run(async () => (await import('./cli/mapping.js')).newOverlay(options)));
mapping
  .command('show')
  .description('the code that a mapping becomes when it is used often, with the overlays of one station')
  .argument('<name>', 'a mapping, such as ocpp16.point-status')
  .option('--vendor <name>', 'as in BootNotification')
  .option('--model <name>', 'as in BootNotification')
  .option('--firmware <version>', 'as in BootNotification')
  .option('--site <id>', 'site of the station')
  .option('--station <id>', 'station id')
  .addOption(new Option('--ocpp <version>', 'version of OCPP').choices(['1.6', '2.0.1', '2.1']))
  .option('-c, --config <file>', 'configuration', EXAMPLE_CONFIG)
  .action((name, options) => run(async () => (await import('./cli/mapping.js')).showMapping(name, options)));

program
  .command('parked')
  .description('objects that no table could make whole: list them, run them again after a fix')
  .option('-c, --config <file>', 'configuration', EXAMPLE_CONFIG)
  .option('--station <id>', 'only those of this station')
  .option('--show <id>', 'one of them, with its raw payload')
  .option('--rerun [id]', 'one of them, or all, through the tables in force; what is whole now is applied')
  .option('--dry-run', 'with --rerun: only say what would happen')
  .option('--remove <id>', 'forget one of them')
  .addOption(new Option('--format <format>', 'output').choices(['text', 'json']).default('text'))
  .action((options) => run(async () => (await import('./cli/parked.js')).parked(options)));

program
  .command('demo')
  .description('the bridge with simulated chargers, BMS, ITCS and partner: one night, live')
  .option('--once', 'play the night through in under a minute, check it, end')
  .option('--keep <folder>', 'keep the store there, for trace')
  .option('--csms', 'the depot has a CSMS already: it keeps three of the chargers, with the bridge between')
  .option('--peers <config>', 'only the peers, against a bridge that runs with this configuration')
  .action((options) => run(async () => (await import('./cli/demo.js')).demo(options)));

program
  .command('doctor')
  .description('what is wrong with this installation, and what peers were forgiven')
  .option('-c, --config <file>', 'configuration', EXAMPLE_CONFIG)
  .option('--station <id>', 'only this station')
  .action((options) => run(async () => (await import('./cli/doctor.js')).doctor(options)));

const station = program
  .command('station')
  .description('commands to stations; those that knocked without being configured');
station
  .command('list')
  .description('who knocked at the running bridge')
  .option('-c, --config <file>', 'configuration', EXAMPLE_CONFIG)
  .action((options) => run(async () => (await import('./cli/stations.js')).listStations(options)));
station
  .command('adopt')
  .description('what to add to the configuration for one of them; it is not served before')
  .argument('<identity>', 'as it knocks: the last part of its URL')
  .option('--wait <seconds>', 'for it to introduce itself', seconds, 60)
  .option('-c, --config <file>', 'configuration', EXAMPLE_CONFIG)
  .action((identity, options) =>
    run(async () => (await import('./cli/stations.js')).adoptStation(identity, options)),
  );

station
  .command('send')
  .description('one request of OCPP to a station; prints its answer')
  .argument('<station>', 'station id')
  .argument(
    '<action>',
    'as OCPP names it in the version of the station: Reset, GetConfiguration, SetVariables …',
  )
  .argument('[payload]', 'file with the JSON payload; - reads standard input; left out: an empty one')
  .option('--key <key>', 'idempotency key: under the same key it is carried out once')
  .option('--force', 'also what the bridge itself decides, such as charging profiles')
  .addOption(
    new Option('--format <format>', 'json: with intent and frames').choices(['text', 'json']).default('text'),
  )
  .option('-c, --config <file>', 'configuration', EXAMPLE_CONFIG)
  .action((id, action, payload, options) =>
    run(async () => (await import('./cli/station-send.js')).sendToStation(id, action, payload, options)),
  );

station
  .command('password')
  .description('another password for a station: it is told, and neither side locks out the other')
  .argument('<station>', 'station id')
  .option('--configured', 'back to the one of the configuration, if that stands there in clear')
  .option('--print', 'show the new password, on standard output')
  .option('--status', 'change nothing: only tell which passwords count')
  .option('--wait <seconds>', 'for the station to come in with it', seconds, 20)
  .addOption(new Option('--format <format>', 'output').choices(['text', 'json']).default('text'))
  .option('-c, --config <file>', 'configuration', EXAMPLE_CONFIG)
  .action((id, options) =>
    run(async () => (await import('./cli/station-password.js')).changePassword(id, options)),
  );

program
  .command('hash-password')
  .description('a password from standard input, hashed for the configuration')
  .option('--sha256', 'for long random passwords: costs nothing at login')
  .action((options) => run(async () => (await import('./cli/hash-password.js')).hashPassword(options)));

registerSim(program, run);

await program.parseAsync();
