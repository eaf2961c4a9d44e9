/** Where in a YAML file a fault is. */
import { createRequire } from 'node:module';
import type { Document, LineCounter } from 'yaml';
import { BridgeError, type ErrorCode } from '../errors/index.js';
import type { Problem } from './problems.js';

// Loaded when a file is: the command line imports much that never gets that far.
const require = createRequire(import.meta.url);
const yaml = (): typeof import('yaml') => require('yaml');

/** A document and its lines. */
export interface Located {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
}

/**
 * Reads YAML so that faults can be located.
 * @throws AggregateError of one BridgeError with this code: the first fault only, what follows is mostly its echo
 */
export function readYaml(text: string, file: string, syntaxCode: ErrorCode): Located {
  const lines = new (yaml().LineCounter)();
  const document = yaml().parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const [syntax] = document.errors;
  if (syntax) {
    const { line, col: column } = lines.linePos(syntax.pos[0]);
    const message =
      syntax.message.split('\n', 1)[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? syntax.message;
    throw failure([new BridgeError(syntaxCode, message, { file, line, column })]);
  }
  return { file, document, lines };
}

/** All faults as one error, each with file, line and column, in the order of the file. */
export function locate(problems: readonly Problem[], located: Located): AggregateError {
  const { document, file, lines } = located;
  return failure(
    inOrder(
      problems.map(({ code, message, path, atKey }) => {
        const offset = offsetOf(document, path, atKey ?? false);
        const position = offset === undefined ? undefined : lines.linePos(offset);
        return new BridgeError(code, message, {
          file,
          ...(position ? { line: position.line, column: position.col } : {}),
        });
      }),
    ),
  );
}

/** A fault without a place is one of the file. */
function inOrder(errors: BridgeError[]): BridgeError[] {
  const place = ({ where }: BridgeError): [number, number] => [where.line ?? 0, where.column ?? 0];
  return errors.sort((one, other) => {
    const [line, column] = place(one);
    const [otherLine, otherColumn] = place(other);
    return line - otherLine || column - otherColumn;
  });
}

function failure(errors: BridgeError[]): AggregateError {
  return new AggregateError(errors, errors.map((error) => error.explain()).join('\n'));
}

/** The place of a path in the text, or of its nearest parent that is there. */
function offsetOf(
  document: Document,
  path: readonly (string | number)[],
  atKey: boolean,
): number | undefined {
  for (let length = path.length; length >= 0; length -= 1) {
    const part = path.slice(0, length);
    if (atKey && length === path.length && length > 0) {
      let found: number | undefined;
      const parent = document.getIn(part.slice(0, -1), true);
      yaml().visit(parent as never, {
        Pair(_, pair) {
          if (yaml().isScalar(pair.key) && pair.key.value === part.at(-1)) found ??= pair.key.range?.[0];
          return undefined;
        },
      });
      if (found !== undefined) return found;
    }
    const node = document.getIn(part, true) as { range?: [number, number, number] } | undefined;
    if (node?.range) return node.range[0];
  }
  return undefined;
}
