/** Lines of source text, names for them, and the values they are handed. */
export class Writer {
  readonly constants: unknown[] = [];
  /** Declarations beside the functions. */
  readonly states: string[] = [];
  private readonly lines: string[] = [];
  private readonly known = new Map<unknown, string>();
  private names = 0;
  /** How many blocks are open. */
  depth = 0;
  /** What is known in each open block: facts found in a block hold in those inside it. */
  private readonly scopes: Map<string, string>[] = [new Map()];

  /** A new name. Names never come from tables. */
  name(kind: string): string {
    return `${kind}${this.names++}`;
  }

  /** The name of a value that the code is handed; no text stands for it. */
  constant(value: unknown): string {
    const known = this.known.get(value);
    if (known !== undefined) return known;
    const name = `k${this.constants.push(value) - 1}`;
    this.known.set(value, name);
    return name;
  }

  /** A variable beside the functions, which keeps its value from message to message. */
  state(first: string): string {
    const name = this.name('z');
    this.states.push(`let ${name} = ${first};`);
    return name;
  }

  line(text: string): void {
    this.lines.push(`${'  '.repeat(this.depth)}${text}`);
  }

  block(head: string, body: () => void, tail = '}'): void {
    this.line(`${head} {`);
    this.depth++;
    this.scopes.push(new Map());
    body();
    this.scopes.pop();
    this.depth--;
    this.line(tail);
  }

  /** `if (test) { … }`; without a test only what is in it. */
  when(test: string | undefined, body: () => void): void {
    if (test === undefined) body();
    else this.block(`if (${test})`, body);
  }

  /** What was remembered under a key in this block or one around it. */
  recall(key: string): string | undefined {
    for (let i = this.scopes.length - 1; i >= 0; i--) {
      const found = this.scopes[i]?.get(key);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  remember(key: string, value: string): string {
    this.scopes.at(-1)?.set(key, value);
    return value;
  }

  /** The variable remembered under a key; made from `value` where there is none yet. */
  once(key: string, kind: string, value: () => string): string {
    const known = this.recall(key);
    if (known !== undefined) return known;
    const text = value();
    const name = this.name(kind);
    this.line(`const ${name} = ${text};`);
    return this.remember(key, name);
  }

  /** A place to insert a line at, once it is known. */
  mark(): number {
    return this.lines.length;
  }

  insert(at: number, text: string): void {
    this.lines.splice(at, 0, `${'  '.repeat(this.depth)}${text}`);
  }

  text(): string {
    return this.lines.join('\n');
  }
}
