import { annotationsOf, schemaAt } from './annotations.js';
import { isObject, type JsonSchema, type SchemaSpace, selfContained } from './schema-space.js';
import { spaceOf, spaces } from './spaces.js';
import { compile } from './validator.js';

/** One message or definition, self-contained. */
export interface MessageSchema {
  readonly name: string;
  /** Draft-07 JSON Schema; every `$ref` points inside it (`#/definitions/…` or `#/$defs/…`). */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Unit by schema path (`meterStart` → `Wh`, `chargingProcessInfo.electricData.chargingPower` → `kW`). */
  readonly units: Readonly<Record<string, string>>;
  /** Declared decimals by schema path, where the receiver rounds (`0` for integers is implied). */
  readonly decimals: Readonly<Record<string, number>>;
  /** Known words of free-text paths (2.0.1 component and variable names): the checker spells against them. */
  readonly vocabulary: Readonly<Record<string, readonly string[]>>;
}

/** One reason why a payload does not fit its schema. */
export interface ValidationIssue {
  /**
   * Path in the payload, `/meterValue/0/sampledValue`. Empty = the payload itself. An unknown field is named by
   * its own path, a missing one by the object that lacks it.
   */
  readonly path: string;
  /** The schema keyword that failed: `required`, `enum`, `type`, `additionalProperties`, `maxLength` … */
  readonly keyword: string;
  readonly message: string;
}

/** Returns an empty list if the payload fits. Never changes the payload. */
export type Validator = (payload: unknown) => readonly ValidationIssue[];

/**
 * `strict`: the dialect to the letter, for all we send and by default for what we receive. `inbound`: without what
 * a receiver must not insist on (OCPP 1.6: the zone of instants; VDV 463 1.0.0: `format: uri`; OCPI: unknown fields,
 * open enumerations, sender's forms). Where nothing differs, both are the same validator.
 */
export type Form = 'strict' | 'inbound';

type Cache = Readonly<Record<Form, Map<string, Validator>>>;

const schemas = new Map<string, MessageSchema>();
/** One set stops at the first issue, the other finds them all. */
const validators: Cache = { strict: new Map(), inbound: new Map() };
const explainers: Cache = { strict: new Map(), inbound: new Map() };

/** `ocpp201.NotifyEvent:eventData[]` → its space, `NotifyEvent` and `eventData[]`. */
function find(name: string): { space: SchemaSpace; schema: JsonSchema } | undefined {
  const colon = name.indexOf(':');
  const message = colon < 0 ? name : name.slice(0, colon);
  const owner = spaceOf(message);
  const schema = owner?.space.schema(owner.definition);
  if (!owner || !schema) return undefined;
  if (colon < 0) return { space: owner.space, schema };
  const part = schemaAt(schema, name.slice(colon + 1));
  return part && { space: owner.space, schema: selfContained(part, schema) };
}

/** The schema of this name, or undefined. */
export function schemaOf(name: string): MessageSchema | undefined {
  const known = schemas.get(name);
  if (known) return known;
  const found = find(name);
  if (!found) return undefined;
  const made = { name, schema: found.schema, ...annotationsOf(found.schema) };
  schemas.set(name, made);
  return made;
}

/** Every name (without `:path` forms), optionally of one space. */
export function schemaNames(space?: string): string[] {
  const chosen = space === undefined ? Object.keys(spaces) : [space];
  return chosen.flatMap((prefix) => spaces[prefix]?.().names.map((name) => `${prefix}.${name}`) ?? []);
}

function make(cache: Cache, name: string, form: Form): Validator {
  const found = find(name);
  if (!found) throw new RangeError(`no message schema is called "${name}"`);
  const inbound = found.space.inbound;
  if (form === 'inbound' && !inbound) return validator(cache, name, 'strict');
  const schema = form === 'inbound' && inbound ? inbound(found.schema) : found.schema;
  return compile(schema, cache === explainers);
}

function validator(cache: Cache, name: string, form: Form): Validator {
  const known = cache[form].get(name);
  if (known) return known;
  const made = make(cache, name, form);
  cache[form].set(name, made);
  return made;
}

/**
 * Compiled once per name and kept; stops at the first issue.
 *
 * @throws RangeError for an unknown name
 */
export function validatorOf(name: string, form: Form = 'strict'): Validator {
  return validator(validators, name, form);
}

/**
 * Every issue of a payload, for reports and the lenient switch; slower than `validatorOf`.
 *
 * @throws RangeError for an unknown name
 */
export function issuesOf(name: string, payload: unknown, form: Form = 'strict'): readonly ValidationIssue[] {
  return validator(explainers, name, form)(payload);
}

/** Whether this issue is no more than a field that the schema does not know. */
export function isUnknownField(issue: ValidationIssue): boolean {
  return issue.keyword === 'additionalProperties';
}

const unescaped = (step: string) => step.replaceAll('~1', '/').replaceAll('~0', '~');

/** A copy of the payload without the unknown fields that these issues name; other issues change nothing. */
export function withoutUnknownFields<T>(payload: T, issues: readonly ValidationIssue[]): T {
  const copy = structuredClone(payload);
  for (const issue of issues.filter(isUnknownField)) {
    const steps = issue.path.slice(1).split('/').map(unescaped);
    const last = steps.pop() ?? '';
    let owner: unknown = copy;
    for (const step of steps)
      owner = isObject(owner) || Array.isArray(owner) ? Reflect.get(owner, step) : undefined;
    if (isObject(owner)) delete owner[last];
  }
  return copy;
}
