import { fullFormats } from 'ajv-formats/dist/formats.js';
import { isDateTime, isLocalDateTime } from './date-time.js';

/** The formats that schemas may name; any other is refused. */
export const formats = {
  'date-time': isDateTime,
  'local-date-time': isLocalDateTime,
  uri: fullFormats.uri,
  uuid: fullFormats.uuid,
};
