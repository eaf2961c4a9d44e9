import { CsmsError } from './errors.js';
import type { Plan } from './options.js';
import type { Limit, Orders } from './orders.js';
import type { CsmsTransaction } from './records.js';

interface Planned {
  readonly profileId: number;
  readonly afterMs: number;
  readonly first: NodeJS.Timeout;
  again: NodeJS.Timeout | undefined;
}

/** Load management as CSMSs have it: a TxProfile for every transaction, cleared when it ends. */
export class Planner {
  readonly #orders: Orders;
  readonly #planned = new Map<CsmsTransaction, Planned>();
  #plan: Plan | undefined;

  constructor(orders: Orders) {
    this.#orders = orders;
  }

  /** May change at any time; counts for transactions that begin then. @throws CsmsError `usage` */
  set plan(plan: Plan | undefined) {
    if (plan) limitOf(plan, 0);
    this.#plan = plan;
  }

  get plan(): Plan | undefined {
    return this.#plan;
  }

  started(transaction: CsmsTransaction): void {
    const { plan } = this;
    if (!plan || !transaction.isRunning) return;
    const profileId = this.#orders.nextProfileId();
    let raised = 0;
    const set = () => {
      const limit = limitOf(plan, raised);
      const order = { ...limit, profileId, transactionId: transaction.id, purpose: 'TxProfile' } as const;
      this.#do(this.#orders.setLimit(transaction.identity, order));
      raised += plan.raiseBy ?? 0;
    };
    const { afterMs = 50, againSeconds } = plan;
    const planned: Planned = {
      ...{ profileId, afterMs, again: undefined },
      first: later(afterMs, () => {
        set();
        if (againSeconds) planned.again = setInterval(set, againSeconds * 1000).unref();
      }),
    };
    this.#planned.set(transaction, planned);
  }

  ended(transaction: CsmsTransaction): void {
    const planned = this.#planned.get(transaction);
    if (!planned) return;
    this.#planned.delete(transaction);
    const { profileId, afterMs, first, again } = planned;
    clearTimeout(first);
    clearInterval(again);
    later(afterMs, () => this.#do(this.#orders.clearProfiles(transaction.identity, { profileId })));
  }

  /** Sets no limit again. */
  rest(): void {
    for (const planned of this.#planned.values()) {
      clearTimeout(planned.first);
      clearInterval(planned.again);
      planned.again = undefined;
    }
  }

  /** What comes to nothing is told as every call is; the plan goes on. */
  #do(order: Promise<unknown>): void {
    order.catch(() => {});
  }
}

function limitOf({ powerW, currentA, stackLevel = 0 }: Plan, raised: number): Limit {
  if (powerW !== undefined) return { powerW: powerW + raised, stackLevel };
  if (currentA !== undefined) return { currentA: currentA + raised, stackLevel };
  throw new CsmsError('usage', 'a plan needs powerW or currentA');
}

function later(ms: number, act: () => void): NodeJS.Timeout {
  return setTimeout(act, ms).unref();
}
