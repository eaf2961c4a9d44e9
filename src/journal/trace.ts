import type { JournalEntry, JournalId, TraceCut, TraceLimits, TraceNode } from './entry.js';

const MAX_DEPTH = 64;
const MAX_NODES = 2_000;
const CHUNK = 100;

/** How a trace reads the journal; `read` gives undefined for an entry that expired. */
export interface TraceSource {
  read(id: JournalId): Promise<JournalEntry | undefined>;
  /** The ids one step further: causes, or effects. */
  next(entry: JournalEntry): Promise<readonly JournalId[]>;
}

interface GrowingNode extends TraceNode {
  readonly children: GrowingNode[];
  cut?: TraceCut;
}

/**
 * Grows the tree level by level from an entry. An entry reached twice (two ways through the causes, or a cycle in
 * damaged data) is unfolded once, so the tree never outgrows the journal.
 */
export async function growTrace(
  root: JournalEntry,
  source: TraceSource,
  limits: TraceLimits = {},
): Promise<TraceNode> {
  const { maxDepth = MAX_DEPTH, maxNodes = MAX_NODES } = limits;
  const tree: GrowingNode = { entry: root, children: [] };
  const unfolded = new Set<JournalId>([root.id]);
  let left = maxNodes - 1;
  let level: GrowingNode[] = [tree];
  for (let depth = 0; level.length > 0; depth += 1) {
    const steps = await stepsOf(level, source);
    if (depth >= maxDepth) {
      cutAll(steps, 'depth');
      break;
    }
    const below: GrowingNode[] = [];
    for (let at = 0; at < steps.length; at += CHUNK) {
      for (const [parent, entry] of await readChunk(steps.slice(at, at + CHUNK), source)) {
        if (left === 0) {
          parent.cut = 'size';
          continue;
        }
        left -= 1;
        const child: GrowingNode = { entry, children: [] };
        parent.children.push(child);
        if (unfolded.has(entry.id)) child.cut = 'repeated';
        else below.push(child);
        unfolded.add(entry.id);
      }
      if (left === 0) {
        cutAll(steps.slice(at + CHUNK), 'size');
        break;
      }
    }
    level = below;
  }
  return tree;
}

type Step = readonly [parent: GrowingNode, id: JournalId];

async function stepsOf(level: readonly GrowingNode[], source: TraceSource): Promise<Step[]> {
  const ids = await Promise.all(level.map((node) => source.next(node.entry)));
  return level.flatMap((node, index) => (ids[index] ?? []).map((id): Step => [node, id]));
}

/** The entries of these steps; what expired is left out. */
async function readChunk(
  steps: readonly Step[],
  source: TraceSource,
): Promise<Array<readonly [GrowingNode, JournalEntry]>> {
  const entries = await Promise.all(steps.map(([, id]) => source.read(id)));
  return steps.flatMap(([parent], index) => {
    const entry = entries[index];
    return entry ? [[parent, entry] as const] : [];
  });
}

function cutAll(steps: readonly Step[], cut: TraceCut): void {
  for (const [parent] of steps) parent.cut = cut;
}
