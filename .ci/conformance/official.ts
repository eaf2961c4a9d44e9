// The official VDV 463 files beside this repository, and what of our frames they judge.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv, type ValidateFunction } from 'ajv';
import { default as draft4 } from 'ajv-draft-04';
import addFormats from 'ajv-formats';

const oracle = fileURLToPath(new URL('../../../shared/oracle/vdv463/', import.meta.url));
const compiled = new Map<string, ValidateFunction | undefined>();

/** The validator of a message in the official folder of a dialect; undefined when there is no such file. */
export function official(folder: string, message: string): ValidateFunction | undefined {
  const file = `${oracle}${folder}/${message}.json`;
  if (!compiled.has(file)) compiled.set(file, existsSync(file) ? compile(file) : undefined);
  return compiled.get(file);
}

function compile(file: string): ValidateFunction {
  const schema = JSON.parse(readFileSync(file, 'utf8'));
  const ajv = String(schema.$schema).includes('draft-04') ? new draft4.default({ strict: false }) : new Ajv();
  addFormats.default(ajv);
  return ajv.compile(schema) as ValidateFunction;
}

/** Official folder per presystem of the demo and the depot's night. */
const folders: Record<string, string> = { 'vdv463:BMS-1': '1.1.0', 'vdv463:ITCS-1': '2.0.0-rc1' };
const kinds: Record<number, string> = { 1: 'Request', 2: 'Response' };

/** The official messages that a frame of ours must fit: its payload, and the frame itself. Errors fit none. */
export function officialParts(entry: { link: string; action: string; raw: string }) {
  const folder = folders[entry.link];
  const frame = JSON.parse(entry.raw) as unknown[];
  const kind = kinds[Number(frame[0])];
  if (!folder || !kind) return [];
  return [
    { folder, message: `${entry.action}${kind}`, value: frame[6] },
    { folder, message: 'MessageStructure', value: frame },
  ];
}
