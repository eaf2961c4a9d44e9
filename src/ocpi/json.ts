/** JSON objects as they come off the wire. */
export type JsonRecord = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The text in this member, or undefined. */
export function textIn(value: unknown, key: string): string | undefined {
  const member = isObject(value) ? value[key] : undefined;
  return typeof member === 'string' ? member : undefined;
}

/** CiStrings compare without case (OCPI 2.2.1 types §1). */
export function sameCi(one: string, other: string): boolean {
  return one.toUpperCase() === other.toUpperCase();
}
