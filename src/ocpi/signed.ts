/** Signed readings for a partner: untouched, and only in a format whose plain part can be told. */
import type { CdrView } from '../domain/index.js';
import type { CourseSigned } from './courses.js';

/** OCMF: `OCMF|{data}|{signature}`; OCPP 2.x may carry it in Base64. */
const OCMF = /^OCMF\|(\{.*\})\|\{/s;
/** Longest text of `signed_data` and `plain_data` (mod_cdrs, SignedValue). */
const MOST = 5000;

/**
 * Those at the start and at the end, with what lies between; undefined unless both are there: half of it proves nothing.
 */
export function signedReadings(signed: readonly CourseSigned[]): CdrView['signed'] {
  const read = signed.flatMap((reading) => {
    const plain = plainOf(reading.text);
    return plain === undefined ? [] : [{ ...reading, plain }];
  });
  const [first, last] = [read[0], read.at(-1)];
  if (!first || !last || first === last) return undefined;
  const nature = (reading: (typeof read)[number]) => {
    if (reading === first) return 'Start';
    return reading === last ? 'End' : 'Intermediate';
  };
  return {
    method: 'OCMF',
    readings: read.map((reading) => ({
      nature: nature(reading),
      plain: reading.plain,
      signed: reading.text,
    })),
  };
}

function plainOf(text: string): string | undefined {
  if (text.length > MOST) return undefined;
  const clear = text.startsWith('OCMF|') ? text : Buffer.from(text, 'base64').toString('utf8');
  const plain = OCMF.exec(clear)?.[1];
  return plain && plain.length <= MOST ? plain : undefined;
}
