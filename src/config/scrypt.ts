/**
 * scrypt in one thread of its own. A hash takes 128·N·r bytes (16 MB as `hash-password` chooses them), which the C
 * library keeps for the thread that asked for them: in the four threads that Node shares with files and the store, a
 * minute of wrong logins left 64 MB behind and kept the store waiting.
 */
import { Worker } from 'node:worker_threads';

export interface ScryptJob {
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  /** Bytes of the hash. */
  readonly length: number;
  readonly options: { readonly N: number; readonly r: number; readonly p: number; readonly maxmem: number };
}

/** After so long without work the thread ends. */
const IDLE_MS = 10_000;

/** The program of the thread; text, so that it runs the same from sources and as built. */
const PROGRAM = `
const { parentPort } = require('node:worker_threads');
const { scryptSync } = require('node:crypto');
parentPort.on('message', ({ password, salt, length, options }) => {
  try {
    parentPort.postMessage({ hash: scryptSync(password, salt, length, options) });
  } catch (error) {
    parentPort.postMessage({ reason: error.message });
  }
});`;

interface Asked {
  readonly resolve: (hash: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

let thread: Thread | undefined;

/** Hashes, one after the other. Rejects if the parameters are none of scrypt. */
export function scryptHash(job: ScryptJob): Promise<Uint8Array> {
  // Bytes of a pool would be handed over with all that is in it.
  const own = { password: Uint8Array.from(job.password), salt: Uint8Array.from(job.salt) };
  thread ??= new Thread();
  return thread.hash({ ...job, ...own });
}

class Thread {
  readonly #worker = new Worker(PROGRAM, { eval: true, execArgv: [], env: {} });
  /** In the order of their jobs. */
  #asked: Asked[] = [];
  #ending: NodeJS.Timeout | undefined;

  constructor() {
    this.#worker.on('message', (answer: { hash: Uint8Array } | { reason: string }) => {
      const asked = this.#asked.shift();
      if ('hash' in answer) asked?.resolve(answer.hash);
      else asked?.reject(new Error(answer.reason));
      if (this.#asked.length === 0) this.#endSoon();
    });
    this.#worker.on('error', (error) => {
      if (thread === this) thread = undefined;
      for (const { reject } of this.#asked.splice(0)) reject(error);
    });
  }

  hash(job: ScryptJob): Promise<Uint8Array> {
    clearTimeout(this.#ending);
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      this.#worker.postMessage(job);
    });
  }

  /** An idle thread holds up no end of the process. */
  #endSoon(): void {
    this.#worker.unref();
    this.#ending = setTimeout(() => {
      thread = undefined;
      void this.#worker.terminate();
    }, IDLE_MS).unref();
  }
}
