/** `depotbridge explain`: why something is, or was, as it is; of the running bridge, else of its store. */
import { loadConfig } from '../config/index.js';
import { BridgeError } from '../errors/index.js';
import { explain as explanationOf, type Subject } from '../explain/index.js';
import { endsOf, type Recording, type When, whenOf } from '../replay/index.js';
import { Tables } from '../tables/index.js';
import { explainText } from './explain-text.js';
import { openRecording } from './recording.js';

export interface ExplainCommand {
  readonly config: string;
  readonly at?: string;
  /** A presystem or partner. */
  readonly for?: string;
  readonly format: 'text' | 'json';
}

const USAGE = `usage: depotbridge explain point <point> [--at <time>] [--for <presystem or partner>]
       depotbridge explain limit <point> [--at <time>]
       depotbridge explain process <id> [--at <time>]
       depotbridge explain request <presystem>/<id> [--at <time>]`;

/** Exit codes: 0 explained, 1 not known, 2 asked in a wrong way. */
export async function explain(
  kind: string | undefined,
  id: string | undefined,
  options: ExplainCommand,
): Promise<number> {
  const subject = subjectOf(kind, id, options);
  if (typeof subject === 'string') return misused(subject);
  const config = loadConfig(options.config);
  const recording = await openRecording(config);
  try {
    const at = await timeOf(options.at, recording);
    if (at === 'no time') return 2;
    const { current: generation } = Tables.load(config.mappings, { examples: false });
    const found = await explanationOf({
      ...{ recording, config, generation, subject },
      ...(at ? { at } : {}),
      ...(options.for === undefined ? {} : { viewer: options.for }),
    });
    if ('unknown' in found) {
      process.stderr.write(`${found.unknown}\n`);
      return 1;
    }
    const text = options.format === 'json' ? JSON.stringify(found, null, 2) : explainText(found);
    process.stdout.write(`${text}\n`);
    return 0;
  } finally {
    await recording.close();
  }
}

/** `no time`: it cannot be read, and was told so. */
async function timeOf(text: string | undefined, recording: Recording): Promise<When | undefined | 'no time'> {
  if (text === undefined) return undefined;
  const ends = await endsOf(recording);
  try {
    return whenOf(text, new Date(ends?.last.at ?? Date.now()).toISOString());
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    misused(error.explain());
    return 'no time';
  }
}

function subjectOf(
  kind: string | undefined,
  id: string | undefined,
  options: ExplainCommand,
): Subject | string {
  if (kind !== 'point' && kind !== 'limit' && kind !== 'process' && kind !== 'request')
    return kind === undefined
      ? USAGE
      : `explain knows point, limit, process and request, not ${kind}\n${USAGE}`;
  if (id === undefined) return `explain ${kind} needs what to explain\n${USAGE}`;
  if (options.for !== undefined && kind !== 'point') return `--for is for explain point\n${USAGE}`;
  if (kind !== 'request') return { kind, id };
  const slash = id.indexOf('/');
  if (slash < 1 || slash === id.length - 1) return `a request is named <presystem>/<id>, not ${id}\n${USAGE}`;
  return { kind, presystemId: id.slice(0, slash), id: id.slice(slash + 1) };
}

function misused(text: string): number {
  process.stderr.write(`${text}\n`);
  return 2;
}
