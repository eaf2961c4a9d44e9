/** `depotbridge check`: configuration and tables, everything that is wrong at once; nothing is started. */
import { statSync } from 'node:fs';
import { type Config, loadConfig } from '../config/index.js';
import { BridgeError } from '../errors/index.js';
import {
  didYouMean,
  type LoadedGeneration,
  type LoadResult,
  loadGeneration,
  type Need,
} from '../mapping/index.js';
// Not by the door, which loads the bridge.
import { BUILTIN_TABLES, tableFolders } from '../tables/folders.js';
import { allNeeds, needsOf } from '../tables/needs.js';
import { listOf, strayOverlays } from '../tables/strays.js';
import { type CheckFormat, type CheckResult, printed } from './check-report.js';
import { effective } from './effective.js';
import { knownSelector, type StationOptions, selectorOf } from './station.js';

export interface CheckOptions extends StationOptions {
  readonly config: string;
  readonly format: CheckFormat;
  /** Prints the rows in force for a station instead of what was looked at. */
  readonly effective?: boolean;
  readonly mapping?: string;
  /** Prints the names of all mappings instead. */
  readonly list?: boolean;
}

/** What the paths given stand for. */
interface Subject {
  readonly folders: readonly string[];
  /** The last configuration that could be read. */
  readonly config?: Config;
  readonly configErrors: readonly BridgeError[];
  /** Folders that the configurations name. */
  readonly named: readonly string[];
  readonly needs: readonly Need[];
}

/**
 * Without paths: the configuration and the tables it names. A path that is a folder is taken as the whole set of
 * tables, or, if it holds overlays only, together with those of the configuration or those that ship; a file is a
 * configuration. Exit code 1 on any error.
 *
 * @throws BridgeError MAP_FILE, MAP_UNKNOWN, OCPP_UNKNOWN_STATION
 */
export async function check(paths: readonly string[], options: CheckOptions): Promise<number> {
  const started = performance.now();
  const subject = subjectOf(paths, options);
  const { checked, withShipped } = load(subject);
  const generation = checked && 'generation' in checked ? checked.generation : undefined;
  const { config, configErrors } = subject;
  if (generation && configErrors.length === 0) {
    if (options.list) return list(generation, options);
    if (options.effective) return showEffective(generation, config, options);
  }
  const result: CheckResult = {
    configErrors,
    diagnostics: checked && 'diagnostics' in checked ? checked.diagnostics : [],
    warnings: generation && config ? strayOverlays(generation, config) : [],
    ...(checked ? { report: checked.report } : {}),
    ...(generation ? { generation: generation.id } : {}),
    ...(withShipped ? { withShipped } : {}),
    ms: Math.round(performance.now() - started),
  };
  process.stdout.write(`${printed(result, options.format)}\n`);
  return configErrors.length + result.diagnostics.length > 0 ? 1 : 0;
}

function subjectOf(paths: readonly string[], options: CheckOptions): Subject {
  const folders = paths.filter(isFolder);
  const files = paths.length === 0 ? [options.config] : paths.filter((path) => !folders.includes(path));
  const configErrors: BridgeError[] = [];
  const named: string[] = [];
  const needs: Need[] = [];
  let config: Config | undefined;
  for (const file of files) {
    try {
      config = loadConfig(file);
      named.push(...tableFolders(config.mappings));
      needs.push(...needsOf(config));
    } catch (error) {
      if (!(error instanceof AggregateError)) throw error;
      configErrors.push(...(error.errors as BridgeError[]));
    }
  }
  return { folders, named, needs, configErrors, ...(config ? { config } : {}) };
}

function load({ folders, named, needs }: Subject): { checked?: LoadResult; withShipped?: boolean } {
  if (folders.length === 0)
    return named.length === 0 ? {} : { checked: loadGeneration([...new Set(named)], { needs }) };
  const checked = loadGeneration(folders, { needs: allNeeds, maybePart: true });
  const { mappings, overlays } = checked.report;
  if (mappings > 0 || overlays === 0) return { checked };
  const base = named.length > 0 ? named : [BUILTIN_TABLES];
  return { checked: loadGeneration([...new Set([...base, ...folders])]), withShipped: named.length === 0 };
}

function isFolder(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found) return found.isDirectory();
  throw new BridgeError('MAP_FILE', `there is neither a folder of tables nor a configuration ${path}`);
}

function list(generation: LoadedGeneration, { format }: CheckOptions): number {
  const mappings = generation.names().map((name) => {
    const { from, target } = generation.mapping(name);
    return { name, from: Object.values(from)[0] ?? '', target };
  });
  const lines = mappings.map(({ name, from, target }) => `${name}: ${from} → ${target}`);
  process.stdout.write(`${format === 'json' ? JSON.stringify(mappings, null, 2) : lines.join('\n')}\n`);
  return 0;
}

async function showEffective(
  generation: LoadedGeneration,
  config: Config | undefined,
  options: CheckOptions,
): Promise<number> {
  if (options.mapping !== undefined) generation.mapping(options.mapping);
  if (config && options.station !== undefined) refuseUnknown(options.station, config);
  const select = config ? await knownSelector(options, config) : selectorOf(options);
  process.stdout.write(`${effective(generation, select, options)}\n`);
  return 0;
}

/** @throws BridgeError OCPP_UNKNOWN_STATION */
function refuseUnknown(station: string, { depots: [{ id, stations }] }: Config): void {
  const known = stations.map((each) => each.id);
  if (known.includes(station)) return;
  const hint = didYouMean(station, known) ?? `it has ${listOf(known)}`;
  throw new BridgeError('OCPP_UNKNOWN_STATION', `${id} has no station ${station}; ${hint}`);
}
