/** How the CSMS's calls are answered, other than as they should be. */
export interface AnswerRule {
  readonly how: 'never' | 'late' | 'reject' | 'error';
  /** Only calls of this action. */
  readonly action?: string;
  /** `late`: simulated ms. */
  readonly afterMs?: number;
  /** `reject`: the word of the answer (default Rejected). */
  readonly status?: string;
  /** `error`: of the CALLERROR (default InternalError). */
  readonly code?: string;
  /** Only so many calls. */
  readonly times?: number;
}

/** What a station does wrong at the moment, and what it takes to do it. */
export class Oddities {
  /** After a reconnection: status messages only once the queue is empty. */
  statusAfterQueue = false;
  hidden: readonly string[] = [];
  #lose: { readonly action?: string } | undefined;
  #rules: { readonly rule: AnswerRule; left: number }[] = [];
  readonly #lastFrames = new Map<string, string>();
  #lastAction: string | undefined;

  /** The answer to the next call, or the next of this action, is never read. */
  loseAnswer(action?: string): void {
    this.#lose = action === undefined ? {} : { action };
  }

  /** Whether the answer to this call is lost: true once. */
  loses(action: string): boolean {
    if (!this.#lose || (this.#lose.action ?? action) !== action) return false;
    this.#lose = undefined;
    return true;
  }

  /** A rule for an action replaces the one before it, and one for all actions replaces all. */
  answer(rule: AnswerRule): void {
    this.answerNormally(rule.action);
    this.#rules.push({ rule, left: rule.times ?? Number.POSITIVE_INFINITY });
  }

  answerNormally(action?: string): void {
    this.#rules = this.#rules.filter(({ rule }) => action !== undefined && rule.action !== action);
  }

  /** The rule for this call, used up by one; a rule of its action goes before one for all. */
  ruleFor(action: string): AnswerRule | undefined {
    const found =
      this.#rules.find(({ rule }) => rule.action === action) ??
      this.#rules.find(({ rule }) => rule.action === undefined);
    if (!found) return undefined;
    found.left -= 1;
    if (found.left <= 0) this.#rules = this.#rules.filter((each) => each !== found);
    return found.rule;
  }

  /** Those measurands that the station still measures. */
  shown(measurands: readonly string[]): readonly string[] {
    return this.hidden.length === 0 ? measurands : measurands.filter((name) => !this.hidden.includes(name));
  }

  /** Keeps the last call of every action, to be repeated. */
  noteSent(frame: string): void {
    const [, action] = /^\[2,"[^"]*","([^"]*)"/.exec(frame) ?? [];
    if (action === undefined) return;
    this.#lastFrames.set(action, frame);
    this.#lastAction = action;
  }

  /** The last call, or the last of this action. */
  lastFrame(action = this.#lastAction): string | undefined {
    return action === undefined ? undefined : this.#lastFrames.get(action);
  }
}
