/**
 * The one catalogue of errors. Each area keeps its entries in a file beside this one; a code is never reused.
 * `docs/errors.md` lists the same codes, and a test compares both.
 */
import { cliErrors } from './cli.js';
import { configErrors } from './config.js';
import { feedErrors } from './feed.js';
import { journalErrors } from './journal.js';
import { mappingErrors } from './mapping.js';
import { ocpiErrors } from './ocpi.js';
import { ocppErrors } from './ocpp.js';
import { passwordErrors } from './passwords.js';
import { scenarioErrors } from './scenario.js';
import { storeErrors } from './store.js';
import { vdv463Errors } from './vdv463.js';

/** What an error code means and what its reader should do. */
export interface ErrorEntry {
  readonly title: string;
  readonly fix: string;
}

export const catalogue = {
  ...cliErrors,
  ...configErrors,
  ...feedErrors,
  ...journalErrors,
  ...mappingErrors,
  ...ocpiErrors,
  ...ocppErrors,
  ...passwordErrors,
  ...scenarioErrors,
  ...storeErrors,
  ...vdv463Errors,
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof catalogue;

/** Where an error was found: a file position, a station, a message. Only what is known is set. */
export interface ErrorWhere {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly station?: string;
  readonly presystem?: string;
  readonly partner?: string;
  readonly messageId?: string;
  readonly journalId?: string;
  readonly path?: string;
}

/**
 * Every error the bridge raises on purpose. `message` says what is wrong in this case, `code` names the
 * catalogue entry (its `fix` says what to do), `where` locates it.
 */
export class BridgeError extends Error {
  readonly code: ErrorCode;
  readonly where: ErrorWhere;

  constructor(code: ErrorCode, message: string, where: ErrorWhere = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BridgeError';
    this.code = code;
    this.where = where;
  }

  /** The sentence for a log or terminal: code, place, what is wrong, what to do. */
  explain(): string {
    const { file, line, column, ...rest } = this.where;
    const place = file ? `${file}${line ? `:${line}${column ? `:${column}` : ''}` : ''}: ` : '';
    const facts = Object.entries(rest).map(([key, value]) => `${key} ${value}`);
    const suffix = facts.length ? ` (${facts.join(', ')})` : '';
    return `${place}${this.code}: ${this.message}${suffix}\n  fix: ${catalogue[this.code].fix}`;
  }
}
