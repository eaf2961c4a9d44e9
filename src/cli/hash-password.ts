/** `depotbridge hash-password`: a password as it may stand in a configuration, from standard input. */
import { createInterface } from 'node:readline/promises';
import { type Readable, Writable } from 'node:stream';
import { hashSecret } from '../config/index.js';

export interface HashOptions {
  /** For random passwords: no cost at login. */
  readonly sha256?: boolean;
}

/** Prints the hash of the first line that comes in; returns the exit code. */
export async function hashPassword(
  options: HashOptions,
  input: Readable & { readonly isTTY?: boolean } = process.stdin,
): Promise<number> {
  const password = await firstLine(input, input.isTTY === true);
  if (password === '') {
    process.stderr.write('no password came on standard input\n');
    return 1;
  }
  process.stdout.write(`${hashSecret(password, options.sha256 ? 'sha256' : 'scrypt')}\n`);
  return 0;
}

/** A terminal is asked, and does not show what is typed. */
async function firstLine(input: Readable, terminal: boolean): Promise<string> {
  if (terminal) process.stderr.write('password: ');
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal });
  try {
    for await (const line of lines) return line;
    return '';
  } finally {
    lines.close();
    if (terminal) process.stderr.write('\n');
  }
}
