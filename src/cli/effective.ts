/** `depotbridge check --effective`: the rows in force for one station, shadowed ones marked. */
import {
  type EffectiveMapping,
  type EffectiveRule,
  type EffectiveTables,
  effectiveTables,
  type LoadedGeneration,
  type Selector,
} from '../mapping/index.js';

export interface EffectiveOptions {
  /** Only this mapping. */
  readonly mapping?: string;
  readonly format: 'text' | 'json' | 'junit';
}

/** The report as text or JSON: what a station with these properties sends goes through these rules. */
export function effective(generation: LoadedGeneration, select: Selector, options: EffectiveOptions): string {
  const all = effectiveTables(generation, select);
  const mappings = all.mappings.filter(({ name, from }) =>
    options.mapping === undefined ? isOfStation(from, select) : name === options.mapping,
  );
  const shown = { ...all, mappings };
  if (options.format === 'json') return JSON.stringify({ select, ...shown }, null, 2);
  return [...head(select, shown), ...mappings.flatMap(mappingLines)].join('\n');
}

/** Tables of what stations send, in the station's version of OCPP where it is known. */
function isOfStation(from: string, { peerVersion }: Selector): boolean {
  if (peerVersion === undefined) return from.startsWith('ocpp');
  return from.startsWith(peerVersion === '1.6' ? 'ocpp16.' : 'ocpp201.');
}

function head(select: Selector, { overlays, repairs }: EffectiveTables): string[] {
  const told = Object.entries(select).map(([key, value]) => `${key} ${value}`);
  const lines = [`for ${told.join(', ') || 'any station'}`, ''];
  lines.push('overlays, the strongest first:');
  for (const { name, level } of overlays) lines.push(`  ${name} (${level})`);
  if (overlays.length === 0) lines.push('  none');
  lines.push('', 'repairs before validation:');
  for (const { rule, message, text, why } of repairs) lines.push(`  ${rule}  ${message}: ${text}  # ${why}`);
  if (repairs.length === 0) lines.push('  none');
  return lines;
}

function mappingLines({ name, from, target, only, tables, fields }: EffectiveMapping): string[] {
  const lines = ['', `${name}: ${from} → ${target}${only ? ` only {${only}}` : ''}`];
  for (const table of tables) {
    lines.push(`  table ${table.name}${table.only ? ` only {${table.only}}` : ''}`);
    for (const { inputs, outputs, rows } of table.layers) {
      lines.push(`    ${inputs.join(', ')} → ${outputs.join(', ')}`);
      for (const row of rows) lines.push(`    ${ruleLine(row)}`);
    }
  }
  if (fields.length > 0) lines.push('  fields');
  for (const field of fields) lines.push(`    ${ruleLine(field)}`);
  return lines;
}

/** `×` never decides, `~` decides only where the stronger rule does not fit. */
function ruleLine({ rule, text, shadow, by }: EffectiveRule): string {
  const mark = shadow === 'whole' ? '×' : shadow === 'part' ? '~' : ' ';
  const owners = [...new Set(by?.map((stronger) => stronger.split('/')[0]))].join(', ');
  const why = shadow ? `  (${shadow === 'whole' ? 'shadowed' : 'partly shadowed'} by ${owners})` : '';
  return `${mark} ${rule}  ${text}${why}`;
}
