/** Counts frames by version, direction, action and outcome. */
import type { Metrics, Tally } from '../../depot/index.js';
import { isAction, type OcppProtocol } from '../protocol.js';

interface Tallies {
  readonly in: Outcomes;
  readonly out: Outcomes;
}

interface Outcomes {
  readonly ok: Tally;
  readonly refused: Tally;
}

/** The metric counts what is no action under this word: a peer must not fill it with names of its own. */
const OTHER = 'other';

export class FrameTallies {
  readonly #messages: Metrics['messages'];
  readonly #known = new Map<OcppProtocol, Map<string, Tallies>>();

  #following: { readonly stored: Promise<boolean>; frames: number } | undefined;

  constructor({ messages }: Metrics) {
    this.#messages = messages;
  }

  count(protocol: OcppProtocol, direction: 'in' | 'out', action: string, refused: boolean): void {
    const tallies = this.#of(protocol, action);
    tallies[direction][refused ? 'refused' : 'ok'].count += 1;
  }

  /** Counts a frame as a gap if it turns out not to be stored. Frames that are stored together are followed together. */
  followStored(stored: Promise<boolean>, gaps: Metrics['lineageGaps']): void {
    if (this.#following?.stored === stored) {
      this.#following.frames += 1;
      return;
    }
    const following = { stored, frames: 1 };
    this.#following = following;
    void stored.then((kept) => kept || gaps.inc(following.frames));
  }

  #of(protocol: OcppProtocol, action: string): Tallies {
    let byAction = this.#known.get(protocol);
    if (!byAction) {
      byAction = new Map();
      this.#known.set(protocol, byAction);
    }
    return (
      byAction.get(action) ?? this.#make(byAction, protocol, isAction(protocol, action) ? action : OTHER)
    );
  }

  #make(byAction: Map<string, Tallies>, protocol: OcppProtocol, action: string): Tallies {
    const known = byAction.get(action);
    if (known) return known;
    const tally = (direction: 'in' | 'out', outcome: 'ok' | 'refused') =>
      this.#messages.tally({ protocol, direction, action, outcome });
    const of = (direction: 'in' | 'out') => ({
      ok: tally(direction, 'ok'),
      refused: tally(direction, 'refused'),
    });
    const made = { in: of('in'), out: of('out') };
    byAction.set(action, made);
    return made;
  }
}
