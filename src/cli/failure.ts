/** How a command that failed says so. */
import { BridgeError, type ErrorCode } from '../errors/index.js';

const FILE_FAULTS = new Set(['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'EPERM', 'EROFS', 'ENOSPC']);
const SIMULATOR_FAULTS = new Set([
  'SimulatorError',
  'PresystemError',
  'EmspError',
  'CsmsError',
  'CallFailure',
]);

/** Writes the reason to stderr, a line with its code and a line with the fix; returns the exit code 1. */
export function reportFailure(error: unknown): number {
  const errors = error instanceof AggregateError && error.errors.length > 0 ? error.errors : [error];
  for (const each of errors) process.stderr.write(`${describe(each)}\n`);
  return 1;
}

function describe(error: unknown): string {
  const stack = process.env['DEPOTBRIDGE_STACK'] && error instanceof Error ? `\n${error.stack}` : '';
  if (error instanceof BridgeError) return error.explain() + stack;
  const message = error instanceof Error ? error.message : String(error);
  return new BridgeError(codeOf(error), message.replaceAll(/\s*\n\s*/g, ' ')).explain() + stack;
}

function codeOf(error: unknown): ErrorCode {
  if (!(error instanceof Error)) return 'CLI_FAILED';
  if (SIMULATOR_FAULTS.has(error.name)) return 'CLI_SIMULATOR';
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined) return 'CLI_FAILED';
  if (FILE_FAULTS.has(code)) return 'CLI_FILE';
  return syscall === 'connect' || syscall === 'getaddrinfo' ? 'CLI_UNREACHABLE' : 'CLI_FAILED';
}
