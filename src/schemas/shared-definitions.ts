import { definitionsOf, isObject, type JsonSchema } from './schema-space.js';

const reference = /^#\/(?:definitions|\$defs)\/(.+)$/;

/** What a definition was given as: its id among all definitions that were ever seen. */
type Register = (definition: JsonSchema, id: string) => void;

/**
 * Hands each definition to the compiler once, whichever messages carry it: two definitions with the same text are one.
 * The messages of a protocol share most of theirs, and compiling is what takes the time.
 */
export class SharedDefinitions {
  private readonly register: Register;
  private readonly ids = new Map<string, string>();

  /** `register` gets each definition that was not seen before, with references by id, before anything refers to it. */
  constructor(register: Register) {
    this.register = register;
  }

  /** The id of a schema, whose definitions are shared; where they go round in circles, it keeps its own. */
  idOf(schema: JsonSchema): string {
    const { definitions: _1, $defs: _2, ...body } = schema;
    const known = definitionsOf(schema);
    const open = new Set<string>();
    const done = new Map<string, string>();
    const idOfName = (name: string): string | undefined => {
      const ready = done.get(name);
      const definition = known[name];
      if (ready !== undefined || definition === undefined || open.has(name)) return ready;
      open.add(name);
      const rewritten = this.rewritten(definition, idOfName);
      open.delete(name);
      const id = rewritten && this.registered(rewritten);
      if (id !== undefined) done.set(name, id);
      return id;
    };
    return this.registered(this.rewritten(body, idOfName) ?? schema);
  }

  private registered(definition: JsonSchema): string {
    const text = JSON.stringify(definition);
    const known = this.ids.get(text);
    if (known !== undefined) return known;
    const id = `definition:${this.ids.size}`;
    this.ids.set(text, id);
    this.register(definition, id);
    return id;
  }

  /** A copy whose references go to ids; undefined if one of them cannot. */
  private rewritten(schema: JsonSchema, idOf: (name: string) => string | undefined): JsonSchema | undefined {
    let whole = true;
    const copy = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(copy);
      if (!isObject(value)) return value;
      return Object.fromEntries(
        Object.entries(value).map(([key, member]) => {
          const name = key === '$ref' && typeof member === 'string' ? reference.exec(member)?.[1] : undefined;
          if (name === undefined) return [key, copy(member)];
          const id = idOf(name);
          whole &&= id !== undefined;
          return [key, id];
        }),
      );
    };
    const made = copy(schema) as JsonSchema;
    return whole ? made : undefined;
  }
}
