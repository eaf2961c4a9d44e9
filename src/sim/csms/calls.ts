import { randomUUID } from 'node:crypto';
import { CsmsError } from './errors.js';
import type { CsmsOddities } from './oddities.js';
import type { Payload } from './options.js';

/** How a call is to be made. */
export interface CallHow {
  /** How long the answer may take, ms; as the options of the CSMS say if left out. */
  readonly timeoutMs?: number;
  /** Its message id; by the oddities if left out. */
  readonly messageId?: string;
}

interface Waiting {
  readonly action: string;
  readonly payload: object;
  readonly how: CallHow;
  readonly resolve: (answer: Payload) => void;
  readonly reject: (error: CsmsError) => void;
}

interface Open extends Waiting {
  readonly timer: NodeJS.Timeout;
}

export interface CallsHost {
  readonly send: (text: string) => void;
  readonly oddities: () => CsmsOddities;
  readonly timeoutMs: number;
  /** Whether a call of the station waits for its answer. */
  readonly isAnswering: () => boolean;
}

/**
 * The calls to a station on one connection. They are not those of ocpp-rpc, which gives every call a UUID and
 * keeps the queue to itself.
 */
export class Calls {
  readonly #host: CallsHost;
  readonly #waiting: Waiting[] = [];
  readonly #open = new Map<string, Open>();
  /** Ids that the station used for calls, not yet used for ours. */
  readonly #mirrored: string[] = [];
  #counter = 0;
  #ended = false;

  constructor(host: CallsHost) {
    this.#host = host;
  }

  /** Calls that the station has not answered yet. */
  get open(): number {
    return this.#open.size;
  }

  /** @throws CsmsError `refused`, `timeout` or `lost` */
  call(action: string, payload: object, how: CallHow): Promise<Payload> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(new CsmsError('lost', `${action}: the connection has ended`));
      this.#waiting.push({ action, payload, how, resolve, reject });
      this.next();
    });
  }

  /** Sends what may be sent now. */
  next(): void {
    const { pipelined, oneCallBothWays } = this.#host.oddities();
    while (this.#waiting.length > 0 && (pipelined || this.#open.size === 0)) {
      if (oneCallBothWays && this.#host.isAnswering()) return;
      const call = this.#waiting.shift();
      if (call) this.#send(call);
    }
  }

  /** The station used this id for a call of its own. */
  heard(messageId: string): void {
    if (this.#host.oddities().messageIds === 'mirrored') this.#mirrored.push(messageId);
  }

  /** An answer came. @returns the action it answers, or undefined if none waits for it */
  answered(frame: readonly unknown[]): { readonly action: string } | undefined {
    const [type, messageId, first, description, details] = frame;
    const call = this.#open.get(String(messageId));
    if (!call) return undefined;
    this.#close(String(messageId), call);
    if (type === 3) call.resolve(first as Payload);
    else {
      const text = `${call.action}: ${String(first)} ${String(description ?? '')}`.trimEnd();
      call.reject(new CsmsError('refused', text, String(first), details));
    }
    return call;
  }

  /** The connection has ended. */
  end(): void {
    this.#ended = true;
    for (const [messageId, call] of [...this.#open]) {
      this.#close(messageId, call);
      call.reject(new CsmsError('lost', `${call.action}: the connection ended before the answer`));
    }
    for (const { action, reject } of this.#waiting.splice(0)) {
      reject(new CsmsError('lost', `${action}: the connection ended before it was sent`));
    }
  }

  #send(call: Waiting): void {
    const { action, payload, how, reject } = call;
    const messageId = how.messageId ?? this.#newId();
    if (this.#open.has(messageId)) {
      reject(new CsmsError('usage', `${action}: a call with the id ${messageId} is open`));
      return;
    }
    const timer = setTimeout(() => {
      const open = this.#open.get(messageId);
      if (!open) return;
      this.#close(messageId, open);
      reject(new CsmsError('timeout', `${action}: no answer`));
    }, how.timeoutMs ?? this.#host.timeoutMs);
    this.#open.set(messageId, { ...call, timer });
    this.#host.send(JSON.stringify([2, messageId, action, payload]));
  }

  #close(messageId: string, { timer }: Open): void {
    clearTimeout(timer);
    this.#open.delete(messageId);
    if (!this.#ended) setImmediate(() => this.next());
  }

  #newId(): string {
    const { messageIds } = this.#host.oddities();
    const mirrored = messageIds === 'mirrored' ? this.#mirrored.shift() : undefined;
    return mirrored ?? (messageIds === 'counter' ? String(++this.#counter) : randomUUID());
  }
}
