import type { Plan } from './options.js';
import type { Limit, Orders } from './orders.js';
import type { CsmsTransaction } from './records.js';

export interface PlannerHost {
  readonly orders: Orders;
  /** A command of the plan came to nothing; the plan goes on. */
  readonly failed: (identity: string, error: Error) => void;
}

interface Planned {
  readonly profileId: number;
  readonly again: NodeJS.Timeout | undefined;
}

/** Load management as CSMSs have it: a TxProfile for every transaction, cleared when it ends. */
export class Planner {
  readonly #host: PlannerHost;
  readonly #planned = new Map<CsmsTransaction, Planned>();
  /** May change at any time; counts for transactions that begin then. */
  plan: Plan | undefined;

  constructor(plan: Plan | undefined, host: PlannerHost) {
    this.plan = plan;
    this.#host = host;
  }

  started(transaction: CsmsTransaction): void {
    const { plan } = this;
    if (!plan || !transaction.isRunning) return;
    const profileId = this.#host.orders.nextProfileId();
    let { powerW } = plan;
    const set = () => {
      this.#do(
        transaction,
        this.#host.orders.setLimit(transaction.identity, limitOf(plan, powerW, profileId, transaction)),
      );
      powerW += plan.raiseW ?? 0;
    };
    set();
    const again = plan.againSeconds ? setInterval(set, plan.againSeconds * 1000) : undefined;
    again?.unref();
    this.#planned.set(transaction, { profileId, again });
  }

  ended(transaction: CsmsTransaction): void {
    const planned = this.#planned.get(transaction);
    if (!planned) return;
    this.#planned.delete(transaction);
    clearInterval(planned.again);
    const { profileId } = planned;
    this.#do(transaction, this.#host.orders.clearProfiles(transaction.identity, { profileId }));
  }

  /** No more commands. */
  end(): void {
    for (const { again } of this.#planned.values()) clearInterval(again);
    this.#planned.clear();
  }

  #do({ identity }: CsmsTransaction, order: Promise<unknown>): void {
    order.catch((error: Error) => this.#host.failed(identity, error));
  }
}

/** V between a phase and neutral, for limits in A. */
const PHASE_V = 230;

function limitOf(plan: Plan, powerW: number, profileId: number, transaction: CsmsTransaction): Limit {
  const { stackLevel = 0, inAmperes } = plan;
  const amount = inAmperes ? { currentA: Math.floor((powerW / 3 / PHASE_V) * 10) / 10 } : { powerW };
  return { ...amount, stackLevel, profileId, transactionId: transaction.id, purpose: 'TxProfile' };
}
