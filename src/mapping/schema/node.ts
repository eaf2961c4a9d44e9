import type { MessageSchema } from '../../schemas/index.js';
import type { Scalar } from '../syntax/ast.js';

/** Where the message schemas come from; tests may bring their own. */
export interface SchemaSource {
  schemaOf(name: string): MessageSchema | undefined;
  schemaNames(space?: string): string[];
  validatorOf(
    name: string,
  ): (payload: unknown) => readonly { path: string; keyword: string; message: string }[];
  /** Every issue of a payload, where `validatorOf` stops at the first; default: what that gives. */
  issuesOf?(name: string, payload: unknown): readonly { path: string; keyword: string; message: string }[];
}

export type ValueType = 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean' | 'any';

/** A property of an object schema. */
export interface PropertyNode {
  readonly node: SchemaNode;
  readonly required: boolean;
}

type Raw = Readonly<Record<string, unknown>>;

/** One place in a message schema, `$ref`s followed, with the unit and bounds that belong to it. */
export class SchemaNode {
  readonly message: MessageSchema;
  /** Schema path, `chargingPointInfoList[].presentPower`; empty = the message itself. */
  readonly path: string;
  readonly type: ValueType;
  readonly enum: readonly Scalar[] | undefined;
  private readonly raw: Raw;
  private known: ReadonlyMap<string, PropertyNode> | undefined;
  private item: SchemaNode | undefined;

  constructor(message: MessageSchema, raw: Raw, path: string) {
    this.message = message;
    this.path = path;
    this.raw = follow(raw, message.schema);
    this.enum = enumOf(this.raw);
    this.type = typeOf(this.raw, this.enum);
  }

  get unit(): string | undefined {
    return this.message.units[this.path];
  }

  /** Declared decimals; integers have none. A `multipleOf` of 0.1, 0.01 … declares them too. */
  get decimals(): number | undefined {
    if (this.type === 'integer') return 0;
    const declared = this.message.decimals[this.path];
    if (declared !== undefined) return declared;
    const step = this.raw['multipleOf'];
    return typeof step === 'number' && step > 0 && step < 1 ? Math.round(-Math.log10(step)) : undefined;
  }

  /** Known words of a free-text path; they are compared without regard to case. */
  get vocabulary(): readonly string[] | undefined {
    return this.message.vocabulary[this.path];
  }

  get format(): string | undefined {
    return typeof this.raw['format'] === 'string' ? this.raw['format'] : undefined;
  }

  bound(
    keyword: 'minimum' | 'maximum' | 'minLength' | 'maxLength' | 'minItems' | 'maxItems',
  ): number | undefined {
    const value = this.raw[keyword];
    return typeof value === 'number' ? value : undefined;
  }

  get properties(): ReadonlyMap<string, PropertyNode> {
    this.known ??= this.readProperties();
    return this.known;
  }

  get items(): SchemaNode | undefined {
    const items = this.raw['items'];
    if (this.type === 'array' && isRaw(items))
      this.item ??= new SchemaNode(this.message, items, `${this.path}[]`);
    return this.item;
  }

  /** How a message calls this place: `ocpp16.StatusNotification status`. */
  get title(): string {
    return this.path ? `${this.message.name} ${this.path}` : this.message.name;
  }

  private readProperties(): ReadonlyMap<string, PropertyNode> {
    const found = new Map<string, PropertyNode>();
    const { properties, required } = this.raw;
    if (!isRaw(properties)) return found;
    for (const [name, schema] of Object.entries(properties)) {
      if (!isRaw(schema)) continue;
      const node = new SchemaNode(this.message, schema, this.path ? `${this.path}.${name}` : name);
      found.set(name, { node, required: Array.isArray(required) && required.includes(name) });
    }
    return found;
  }
}

function isRaw(value: unknown): value is Raw {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Follows `$ref` and a lone `allOf` to the schema that says something. */
function follow(raw: Raw, root: Raw): Raw {
  let current = raw;
  for (let depth = 0; depth < 32; depth++) {
    const { $ref: reference, allOf } = current;
    if (typeof reference === 'string') {
      const [, space, name] = /^#\/(definitions|\$defs)\/(.+)$/.exec(reference) ?? [];
      const definitions = space ? root[space] : undefined;
      const target = isRaw(definitions) && name ? definitions[name] : undefined;
      if (!isRaw(target)) return current;
      current = target;
    } else if (Array.isArray(allOf) && allOf.length === 1 && isRaw(allOf[0])) current = allOf[0];
    else return current;
  }
  return current;
}

function enumOf(raw: Raw): readonly Scalar[] | undefined {
  const values = 'const' in raw ? [raw['const']] : raw['enum'];
  if (!Array.isArray(values)) return undefined;
  return values.filter((value): value is Scalar => ['string', 'number', 'boolean'].includes(typeof value));
}

function typeOf(raw: Raw, values: readonly Scalar[] | undefined): ValueType {
  const declared = Array.isArray(raw['type']) ? raw['type'].find((type) => type !== 'null') : raw['type'];
  if (typeof declared === 'string') return declared as ValueType;
  if (values?.every((value) => typeof value === 'string')) return 'string';
  if (values?.every((value) => typeof value === 'number')) return 'number';
  if (isRaw(raw['properties'])) return 'object';
  return 'any';
}

const roots = new WeakMap<MessageSchema, SchemaNode>();

/** The node of a whole message. */
export function rootOf(message: MessageSchema): SchemaNode {
  let node = roots.get(message);
  if (!node) {
    node = new SchemaNode(message, message.schema, '');
    roots.set(message, node);
  }
  return node;
}
