// What sets each field and word of a message that the bridge makes, or why nothing does.
import {
  type BoundPath,
  fieldText,
  inputText,
  type MappingIr,
  type SchemaNode,
} from '../../../src/mapping/index.js';
import { type Line, row } from './page.js';

/** One line per field of the target, and one per word of an enumeration. */
export function outboundLines(mapping: MappingIr): Line[] {
  const lines = [...mapping.target.root.properties].flatMap(([name, { node }]) =>
    nodeLines(node, name, mapping),
  );
  const losses = mapping.losses.map(({ target, reason }) =>
    row(target.steps.join('.'), '', [`cannot be carried: ${reason}`]),
  );
  return [...lines, ...losses];
}

function nodeLines(node: SchemaNode, path: string, mapping: MappingIr): Line[] {
  const own = settersOf(mapping, path);
  const left = mapping.leave.filter((entry) => covers(entry.path.node.path, path));
  if (own.length === 0 && left.length > 0)
    return [
      row(
        path,
        '',
        left.map(({ listed }) =>
          listed.reason ? `left: ${listed.reason}` : 'left: nothing known to set it',
        ),
      ),
    ];
  if (own.length > 0) return [row(path, '', own), ...wordLines(node, path, mapping)];
  const children = node.items
    ? [[`${path}[]`, node.items] as const]
    : [...node.properties].map(([name, { node: child }]) => [`${path}.${name}`, child] as const);
  if (children.length === 0) return [row(path, '', ['not set'])];
  return children.flatMap(([child, childNode]) => nodeLines(childNode, child, mapping));
}

function settersOf({ fields, tables, fold }: MappingIr, path: string): string[] {
  const at = (target: BoundPath): boolean => target.node.path === path;
  return [
    ...fields.filter(({ target }) => at(target)).map((field) => `← ${fieldText(field)}`),
    ...tables
      .filter(({ outputs }) => outputs.some(at))
      .map(({ name, inputs }) => `← table ${name} by ${inputs.map(({ ref }) => ref.text).join(', ')}`),
    ...(fold?.take ?? [])
      .filter(({ to }) => at(to))
      .map(({ ast }) => `← fold ${ast.id} (${ast.measurand.value})`),
  ];
}

function wordLines(node: SchemaNode, path: string, mapping: MappingIr): Line[] {
  return (node.enum ?? []).map((word) => row('', String(word), givers(mapping, path, String(word))));
}

/** The rows and fields that can give a word. */
function givers({ fields, tables, name }: MappingIr, path: string, word: string): string[] {
  const found: string[] = [];
  for (const { target, source } of fields) {
    if (target.node.path !== path) continue;
    if (source.kind === 'const') {
      if (String(source.value) === word) found.push('constant');
    } else if (source.kind === 'from') {
      if (source.path.node.enum?.map(String).includes(word))
        found.push(`the same word of ${source.path.ref.text}`);
    } else found.push('copied');
  }
  for (const table of tables) {
    const column = table.outputs.findIndex((output) => output.node.path === path);
    if (column < 0) continue;
    for (const candidate of table.rows) {
      const cell = candidate.outputs[column];
      if (!cell || cell.kind === 'nothing') continue;
      const inputs = table.inputs.map((input, i) => {
        const given = candidate.inputs[i];
        return `${input.ref.text} ${given ? inputText(given) : '_'}`;
      });
      if (cell.kind === 'literal' && String(cell.value) === word)
        found.push(`${name}/${candidate.id}: ${inputs.join(', ')}`);
      if (cell.kind === 'copy') {
        const copied = candidate.inputs[cell.input];
        const fits =
          copied?.kind !== 'set' || copied.values.some(({ value }) => String(value) === word) !== copied.not;
        if (fits) found.push(`${name}/${candidate.id}: the same word`);
      }
    }
  }
  return found.length > 0 ? found : ['never sent'];
}

function covers(parent: string, path: string): boolean {
  return path === parent || path.startsWith(`${parent}.`) || path.startsWith(`${parent}[`);
}
