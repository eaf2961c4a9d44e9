import type { Dialect } from '../bms/index.js';

/** Mistakes a CMS can be told to make: each is one that real ones make, or that a careless one could. */
export const CMS_FAULTS = [
  'echo-any-subprotocol',
  'no-authentication',
  'serve-before-boot',
  'information-before-boot',
  'information-after-interval-only',
  'fresh-answer-id',
  'answer-twice',
  'silent-on-unknown-action',
  'retry-with-new-id',
  'no-retry',
  'retry-after-err',
  'deadlock-on-crossing',
  'second-request-while-waiting',
  'missing-list-deletes',
  'omission-ignored',
  'omission-ends-running',
  'deletes-of-others',
  'forgets-on-disconnect',
  'one-invalid-refuses-all',
  'corrects-target-soc',
  'only-changed-points',
  'undeclared-field',
  'duplicate-applied-again',
  'no-pong',
] as const;

export type CmsFault = (typeof CMS_FAULTS)[number];

/** An upstream system the CMS knows. */
export interface KnownPresystem {
  readonly presystemId: string;
  readonly user: string;
  readonly password: string;
  readonly dialect: Dialect;
}

export interface CmsOptions {
  readonly presystems: readonly KnownPresystem[];
  /** Charging points by station; two stations with two points each if left out. */
  readonly stations?: Readonly<Record<string, readonly string[]>>;
  readonly depotId?: string;
  /** 127.0.0.1 only; any free port if left out. */
  readonly port?: number;
  /** PEM; wss instead of ws. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** How often information is sent without a reason: 15 s. */
  readonly intervalMs?: number;
  /** How long an answer may take: 10 s. */
  readonly timeoutMs?: number;
  /** How often a request is sent again: 3. */
  readonly retries?: number;
  readonly faults?: readonly CmsFault[];
  readonly now?: () => Date;
}
