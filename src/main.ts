#!/usr/bin/env node
/** The command line: one file per command in cli/. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { reportFailure } from './cli/failure.js';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const EXAMPLE_CONFIG = fileURLToPath(new URL('../config/depot.example.yaml', import.meta.url));

const program = new Command('depotbridge')
  .description('Bridge between VDV 463, OCPP and OCPI for electric-bus depots')
  .version(version)
  .showHelpAfterError()
  .enablePositionalOptions();

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

await program.parseAsync();
