/** `depotbridge translate`: one payload through the tables, with the rules that fired and what was lost. */
import { loadConfig } from '../config/index.js';
import { BridgeError } from '../errors/index.js';
import { IdentityRegistry } from '../identity/index.js';
import {
  didYouMean,
  issueText,
  type Json,
  type JsonObject,
  type LoadedGeneration,
  type MapNote,
  type Mapping,
  type MapResult,
  readPaths,
  type Selector,
  unreadPaths,
} from '../mapping/index.js';
import { issuesOf, schemaOf, type ValidationIssue, validatorOf } from '../schemas/index.js';
import { Tables } from '../tables/index.js';
import { readPayload } from './payload.js';
import { type StationOptions, selectorOf } from './station.js';

export interface TranslateOptions extends StationOptions {
  readonly config: string;
  readonly format: 'text' | 'json';
}

/** What a payload came to. */
interface Translated {
  readonly message: string;
  readonly repairs: readonly string[];
  /** Why it is refused as a whole, the first reason; absent if it is not. */
  readonly issue?: ValidationIssue;
  /** Every reason. */
  readonly issues: readonly ValidationIssue[];
  readonly mappings: readonly {
    readonly mapping: string;
    readonly target: string;
    readonly results: readonly MapResult[];
    /** Readings passed over of which nothing was made. */
    readonly passedOver: readonly MapNote[];
  }[];
  /** Inputs that no rule of any table reads. */
  readonly unread: readonly string[];
}

/**
 * `name` is a mapping (`ocpp16.point-status`) or a message (`ocpp16.StatusNotification`: every mapping that reads it). The
 * payload is that of the first source; an object whose keys are all aliases of the mapping gives several sources.
 * Exit code 1 if the payload is refused or something of it cannot be made.
 *
 * @throws BridgeError MAP_UNKNOWN, PAYLOAD_*, MAP_INPUT, MAP_REFUSED, CONFIG_*
 */
export async function translate(name: string, file: string, options: TranslateOptions): Promise<number> {
  const config = loadConfig(options.config);
  const generation = Tables.load(config.mappings, { examples: false }).current;
  const payload = readPayload(file, name);
  const select = { ...selectorOf(options, config), ...versionOf(name, options) };
  const context = { identity: new IdentityRegistry(config), select };
  const byMessage = generation.forMessage(name);
  const mappings = byMessage.length > 0 ? byMessage : [named(generation, name)];
  const translated = run(generation, mappings, payload, context, options);
  process.stdout.write(`${options.format === 'json' ? json(translated) : text(translated)}\n`);
  const failed = translated.mappings.some(({ results }) => results.some((result) => !result.ok));
  return failed || translated.issue ? 1 : 0;
}

/** @throws BridgeError MAP_UNKNOWN with the mapping or message that may be meant */
function named(generation: LoadedGeneration, name: string): Mapping {
  if (generation.names().includes(name)) return generation.mapping(name);
  if (schemaOf(name)) throw new BridgeError('MAP_UNKNOWN', `no mapping reads ${name}`);
  const messages = generation
    .names()
    .flatMap((each) => Object.values(generation.mapping(each).from)[0] ?? []);
  const hint = didYouMean(name, [...messages, ...generation.names()]);
  throw new BridgeError('MAP_UNKNOWN', `no mapping or message is named ${name}${hint ? `; ${hint}` : ''}`);
}

function run(
  generation: LoadedGeneration,
  mappings: readonly Mapping[],
  payload: JsonObject,
  context: { identity: IdentityRegistry; select: Selector },
  options: TranslateOptions,
): Translated {
  const [first] = mappings;
  const [alias = '', message = ''] = Object.entries(first?.from ?? {})[0] ?? [];
  const given = first ? inputsOf(first, payload, options) : {};
  const received = given[alias] as JsonObject;
  const { payload: repaired, repairs } = generation.repair(message, received, context.select);
  const [issue] = schemaOf(message) ? validatorOf(message)(repaired) : [];
  const unread = unreadPaths(repaired, readPaths(generation, message));
  if (issue) {
    const issues = issuesOf(message, repaired);
    return { message, repairs, issue, issues, mappings: [], unread };
  }
  return {
    message,
    repairs,
    issues: [],
    unread,
    mappings: mappings.map((mapping) => {
      const own = Object.keys(mapping.from)[0] ?? alias;
      const inputs = { ...inputsOf(mapping, payload, options), [own]: repaired };
      const passedOver: MapNote[] = [];
      const results = mapping.runAll(inputs, { ...context, passedOver });
      return { mapping: mapping.name, target: mapping.target, results, passedOver };
    }),
  };
}

function inputsOf(mapping: Mapping, payload: JsonObject, options: TranslateOptions): Record<string, Json> {
  const aliases = Object.keys(mapping.from);
  const keys = Object.keys(payload);
  if (keys.length > 0 && keys.every((key) => aliases.includes(key))) return payload;
  const [first = ''] = aliases;
  const envelope = Object.entries(mapping.from).find(([, source]) => source === 'bridge.Envelope')?.[0];
  return { [first]: payload, ...(envelope ? { [envelope]: envelopeOf(mapping.name, options) } : {}) };
}

function envelopeOf(name: string, { station = 'N1', vendor, model, firmware }: StationOptions): JsonObject {
  return {
    stationId: station,
    receivedAt: new Date().toISOString(),
    protocol: name.startsWith('ocpp16') ? 'ocpp1.6' : 'ocpp2.0.1',
    ...(vendor === undefined ? {} : { vendor }),
    ...(model === undefined ? {} : { model }),
    ...(firmware === undefined ? {} : { firmware }),
  };
}

/** The version of OCPP that the name of the message tells. */
function versionOf(name: string, { ocpp }: StationOptions): Pick<Selector, 'peerVersion'> {
  if (ocpp !== undefined) return { peerVersion: ocpp };
  if (name.startsWith('ocpp16.')) return { peerVersion: '1.6' };
  return name.startsWith('ocpp201.') ? { peerVersion: '2.0.1' } : {};
}

function json({ mappings, ...rest }: Translated): string {
  const shown = mappings.map(({ results, ...mapping }) => ({
    ...mapping,
    results: results.map((result) => {
      if (!result.ok) return result;
      const { value, provenance, notes = [] } = result;
      return { ok: true, value, rules: provenance.rules(), notes };
    }),
  }));
  return JSON.stringify({ ...rest, mappings: shown }, null, 2);
}

function text({ repairs, issues, mappings, unread }: Translated): string {
  const lines = repairs.map((repair) => `repaired by ${repair}`);
  for (const issue of issues) lines.push(`refused: ${issueText(issue)}`);
  for (const { mapping, target, results, passedOver } of mappings) {
    lines.push(`${mapping} → ${target}`);
    if (results.length === 0) lines.push('  does not apply to this payload');
    for (const result of results) lines.push(...resultLines(result));
    lines.push(...passedOver.map(noteLine));
  }
  if (unread.length > 0) lines.push(`read by no rule: ${unread.join(', ')}`);
  return lines.join('\n');
}

function resultLines(result: MapResult): string[] {
  if (!result.ok) {
    const { code, message, rule, path } = result.error;
    return [`  ${code} ${message}${rule ? ` (rule ${rule})` : ''}${path ? ` at ${path}` : ''}`];
  }
  return [
    JSON.stringify(result.value, null, 2).replaceAll(/^/gm, '  '),
    `  rules: ${result.provenance.rules().join(', ')}`,
    ...(result.notes ?? []).map(noteLine),
  ];
}

function noteLine({ code, path, measurand, detail }: MapNote): string {
  return `  ${code} ${path}${measurand === undefined ? '' : ` ${measurand}`}: ${detail}`;
}
