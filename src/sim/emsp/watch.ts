import { issuesOf, validatorOf } from '../../schemas/index.js';
import type { OcpiVersion } from './messages.js';

/** Something the CPO did that the standard does not allow. */
export interface OcpiViolation {
  readonly kind: 'schema' | 'headers' | 'behaviour';
  /** `PUT /ocpi/2.2.1/locations/…`, or the answer to such a request of ours. */
  readonly at: string;
  readonly message: string;
  /** The body concerned, as it was on the wire. */
  readonly raw: string;
}

/** What a body of this class breaks, in words. A PATCH body may lack members but not hold wrong ones. */
export function bodyProblems(
  version: OcpiVersion,
  className: string,
  body: unknown,
  patch = false,
): readonly string[] {
  // The list of versions is older than any version: its newest form knows the numbers of all.
  const name = className === 'Version' ? 'ocpi-2.3.0.Version' : `ocpi-${version}.${className}`;
  if (validatorOf(name)(body).length === 0) return [];
  return issuesOf(name, body)
    .filter(({ path, keyword }) => !(patch && keyword === 'required' && path === ''))
    .map(({ path, keyword, message }) => `${className}${path} ${keyword}: ${message}`);
}
