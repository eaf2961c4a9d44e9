/** `depotbridge replay`: a window of the journal through other tables, or through the present ones. */
import { type Config, loadConfig } from '../config/index.js';
import { type LoadedGeneration, loadGeneration } from '../mapping/index.js';
import { endsOf, type ReplayReport, replayWindow, type When, whenOf } from '../replay/index.js';
import { needsOf, Tables, tableFolders } from '../tables/index.js';
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
  const other = options.mappings?.length ? otherTables(options.mappings, config) : undefined;
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

/**
 * A whole set of tables, or, if the folders hold overlays only, these over the tables of the configuration.
 *
 * @throws BridgeError MAP_REFUSED
 */
function otherTables(mappings: readonly string[], config: Config): LoadedGeneration {
  const { report } = loadGeneration(tableFolders(mappings), { examples: false, maybePart: true });
  const isOverlays = report.mappings === 0 && report.overlays > 0;
  const whole = isOverlays ? [...config.mappings, ...mappings] : mappings;
  return Tables.load(whole, { examples: false, needs: needsOf(config) }).current;
}
