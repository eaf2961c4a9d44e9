/** How a token stands in the Authorization header: the standard's way since 2.2.1, that of 2.1.1, or a known slip. */
export type TokenForm = 'base64' | 'raw' | 'base64-newline';

/** The header of a request of ours. */
export function authorizationHeader(token: string, form: TokenForm): string {
  const forms: Record<TokenForm, () => string> = {
    raw: () => token,
    base64: () => Buffer.from(token, 'utf8').toString('base64'),
    'base64-newline': () => Buffer.from(`${token}\n`, 'utf8').toString('base64'),
  };
  return `Token ${forms[form]()}`;
}

/** Which form of which known token a header carries. */
export function matchAuthorization(
  header: string | undefined,
  tokens: readonly string[],
): { readonly token: string; readonly form: TokenForm } | undefined {
  const written = /^token\s+(\S+)$/i.exec(header ?? '')?.[1];
  if (written === undefined) return undefined;
  const decoded = Buffer.from(written, 'base64').toString('utf8');
  for (const token of tokens) {
    if (decoded === token) return { token, form: 'base64' };
    if (decoded === `${token}\n`) return { token, form: 'base64-newline' };
    if (written === token) return { token, form: 'raw' };
  }
  return undefined;
}
