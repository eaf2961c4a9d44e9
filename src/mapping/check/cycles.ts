import type { Findings } from '../diagnostics.js';
import type { MappingIr } from '../resolve/ir.js';

/** Mappings that use each other in a circle would never come to an end. */
export function checkCycles(mappings: readonly MappingIr[], findings: Findings): void {
  const byName = new Map(mappings.map((mapping) => [mapping.name, mapping]));
  const done = new Set<string>();
  const visit = (mapping: MappingIr, above: readonly string[]): void => {
    if (done.has(mapping.name)) return;
    for (const { source } of mapping.fields) {
      if (source.kind !== 'each' && source.kind !== 'object') continue;
      const { value, at } = source.using;
      const path = [...above, mapping.name];
      if (path.includes(value)) findings.add('MAP_CYCLE', at, `${[...path, value].join(' uses ')}`);
      else {
        const used = byName.get(value);
        if (used) visit(used, path);
      }
    }
    done.add(mapping.name);
  };
  for (const mapping of mappings) visit(mapping, []);
}

/** Names of the mappings given and of those that they use, directly or through others. */
export function withUsed(names: ReadonlySet<string>, mappings: readonly MappingIr[]): Set<string> {
  const found = new Set(names);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { name, fields } of mappings)
      for (const { source } of fields)
        if (found.has(name) && (source.kind === 'each' || source.kind === 'object'))
          found.add(source.using.value);
  }
  return found;
}

/** Names of the mappings that use, directly or through others, one of those given; with those themselves. */
export function withUsers(names: ReadonlySet<string>, mappings: readonly MappingIr[]): Set<string> {
  const found = new Set(names);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { name, fields } of mappings)
      for (const { source } of fields)
        if ((source.kind === 'each' || source.kind === 'object') && found.has(source.using.value))
          found.add(name);
  }
  return found;
}
