/** A versioned value as a row of text: `version expiresAt value`, times in milliseconds since 1970. */
export interface Record {
  readonly version: number;
  readonly value: string;
  readonly expiresAt?: number | undefined;
}

export function encodeRecord(record: Record): string {
  return `${record.version} ${record.expiresAt ?? ''} ${record.value}`;
}

export function decodeRecord(text: string): Record {
  const first = text.indexOf(' ');
  const second = text.indexOf(' ', first + 1);
  const expiresAt = text.slice(first + 1, second);
  return {
    version: Number(text.slice(0, first)),
    value: text.slice(second + 1),
    expiresAt: expiresAt === '' ? undefined : Number(expiresAt),
  };
}

/** A lease as a row of text: `token expiresAt owner`. */
export interface LeaseRecord {
  readonly owner: string;
  readonly token: number;
  readonly expiresAt: number;
}

export function encodeLease(lease: LeaseRecord): string {
  return encodeRecord({ version: lease.token, expiresAt: lease.expiresAt, value: lease.owner });
}

export function decodeLease(text: string): LeaseRecord {
  const { version, value, expiresAt } = decodeRecord(text);
  return { owner: value, token: version, expiresAt: expiresAt ?? 0 };
}
