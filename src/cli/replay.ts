/** `depotbridge replay`: a window of the journal through other tables, or through the present ones. */
import { loadConfig } from '../config/index.js';
import { endsOf, type ReplayReport, replayWindow, type When, whenOf } from '../replay/index.js';
import { Tables, tableFolders } from '../tables/index.js';
import { reportFailure } from './failure.js';
import { openRecording } from './recording.js';
import { replayText } from './replay-text.js';

export interface ReplayCommand {
  readonly config: string;
  readonly from?: string;
  readonly to?: string;
  /** Folders of tables in the place of the configured ones. */
  readonly mappings?: readonly string[];
  /** Show the differences, and end with exit code 1 if there are any. */
  readonly diff?: boolean;
  readonly station?: string;
  readonly format: 'text' | 'json';
}

/** Exit codes as of diff: 0 no difference (or none asked for), 1 differences, 2 it could not be replayed. */
export async function replay(options: ReplayCommand): Promise<number> {
  try {
    const report = await run(options);
    const text =
      options.format === 'json' ? JSON.stringify(report, null, 2) : replayText(report, options.diff ?? false);
    process.stdout.write(`${text}\n`);
    const differs = report.differences.length > 0 || report.more > 0;
    return options.diff && differs ? 1 : 0;
  } catch (error) {
    reportFailure(error);
    return 2;
  }
}

async function run(options: ReplayCommand): Promise<ReplayReport> {
  const config = loadConfig(options.config);
  const { current: present } = Tables.load(config.mappings, { examples: false });
  const others = options.mappings?.length ? tableFolders(options.mappings) : undefined;
  const other = others && Tables.load(others, { examples: false }).current;
  const recording = await openRecording(config);
  try {
    const ends = await endsOf(recording);
    const when = (text: string | undefined): When | undefined =>
      text === undefined ? undefined : whenOf(text, new Date(ends?.last.at ?? Date.now()).toISOString());
    const [from, to] = [when(options.from), when(options.to)];
    return await replayWindow({
      recording,
      config,
      present,
      ...(other ? { other } : {}),
      ...(from ? { from } : {}),
      ...(to ? { to } : {}),
      ...(options.station === undefined ? {} : { station: options.station }),
    });
  } finally {
    await recording.close();
  }
}
