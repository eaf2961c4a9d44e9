/** `depotbridge sim csms`: its options. */
import { type Command, Option } from 'commander';
import type { CsmsFlags } from '../sim/csms/index.js';
import { number, seconds } from './arguments.js';

/** What the simulator takes, and what only the command knows. */
export interface CsmsCommandFlags extends CsmsFlags {
  readonly frames?: boolean;
  readonly commands?: boolean;
  readonly feed?: string;
  readonly feedToken?: string;
}

/** Adds the command; `run` runs it. */
export function registerCsms(sim: Command, run: (flags: CsmsCommandFlags) => Promise<void>): void {
  sim
    .command('csms')
    .description('a CSMS: the one that a depot has already, with its habits, OCPP 1.6J, 2.0.1 and 2.1')
    .option('--port <port>', 'own port', number, 7470)
    .option('--host <host>', 'own address', '127.0.0.1')
    .option('--path <path>', 'before the identity', '/ocpp')
    .addOption(
      new Option(
        '--protocol <protocol...>',
        'subprotocols, the one it likes best first (all, newest first)',
      ).choices(['ocpp2.1', 'ocpp2.0.1', 'ocpp1.6']),
    )
    .option(
      '--identities <file>',
      'YAML, identity: password of every station that it knows; ~ has the common password (any station)',
    )
    .option('--password <password>', 'HTTP Basic, common to all stations (none is asked for)')
    .option('--user <user>', 'HTTP Basic of all stations (their identity)')
    .option('--cert <file>', 'PEM, certificate: wss')
    .option('--key <file>', 'PEM, its key')
    .option('--client-ca <file>', 'PEM: only stations with a certificate of this authority')
    .option('--deflate', 'compresses every frame')
    .addOption(
      new Option('--boot <status>', 'answer to BootNotification')
        .choices(['Accepted', 'Pending', 'Rejected'])
        .default('Accepted'),
    )
    .option('--boot-interval-seconds <s>', 'of heartbeats, or until the next BootNotification', seconds, 300)
    .option('--token <token...>', 'tokens that may charge (all)')
    .option('--first-transaction-id <n>', '1.6: ids count up from here', number, 1)
    .option('--plan <limit>', 'a TxProfile for every transaction, such as 50kW or 32A; cleared at its end')
    .option('--plan-stack-level <n>', 'of the plan', number, 0)
    .option('--plan-again-seconds <s>', 'sets the limit again every so often', seconds)
    .option('--plan-raise-by <n>', 'each time so much higher, W or A', number)
    .option('--odd <oddity...>', 'what it does otherwise than one would like; several are possible')
    .option('--feed <url>', 'hands its frames over to a bridge, e.g. http://127.0.0.1:7464')
    .option('--feed-token <token>', 'listen.feed.token of the bridge')
    .option('--commands', 'takes commands from standard input')
    .option('--frames', 'print every frame')
    .action(run);
}
