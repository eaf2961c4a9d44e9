/** How a command that failed says so. */
import { BridgeError } from '../errors/index.js';

/** Writes the reason to stderr, catalogue errors with their fix; returns the exit code 1. */
export function reportFailure(error: unknown): number {
  const errors = error instanceof AggregateError ? error.errors : [error];
  for (const each of errors) {
    process.stderr.write(`${each instanceof BridgeError ? each.explain() : describe(each)}\n`);
  }
  return 1;
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
