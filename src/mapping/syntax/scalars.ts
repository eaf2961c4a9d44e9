/** What plain scalars mean in the core schema of YAML 1.2. */

const words = new Map<string, boolean | null>([
  ...['~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);

const decimal = /^[-+]?[0-9]+$/;
const float = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const based = /^0(?:o[0-7]+|x[0-9a-fA-F]+)$/;
const special = /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/;

/** The value of an unquoted scalar: null, a boolean, a number, else text. */
export function plainValue(text: string): null | boolean | number | string {
  const first = text.charCodeAt(0);
  // Only what begins with a digit, a sign or a point can be a number.
  if (first > 57) return words.get(text) === undefined ? text : (words.get(text) as boolean | null);
  if (decimal.test(text)) return Number.parseInt(text, 10);
  if (float.test(text)) return Number.parseFloat(text);
  if (based.test(text)) return Number.parseInt(text.slice(2), text[1] === 'x' ? 16 : 8);
  if (special.test(text))
    return /nan$/i.test(text)
      ? Number.NaN
      : text[0] === '-'
        ? Number.NEGATIVE_INFINITY
        : Number.POSITIVE_INFINITY;
  return text;
}
