/** What an integrator is told of an overlay with a slip in it: exactly this text, and nothing that only follows from it. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatDiagnostic, loadFiles } from '../../src/mapping/index.js';

const fault = readFileSync(new URL('../../mappings/ocpp16/fault.yaml', import.meta.url), 'utf8');
const acme = readFileSync(new URL('fixtures/acme.yaml', import.meta.url), 'utf8');

function complaints(text: string): string {
  const result = loadFiles([
    { name: 'ocpp16/fault.yaml', text: fault },
    { name: 'site/acme.yaml', text },
  ]);
  return 'diagnostics' in result ? result.diagnostics.map(formatDiagnostic).join('\n') : '';
}

/** Name of the golden file, what is replaced, by what. */
const slips: readonly [name: string, from: string | RegExp, to: string][] = [
  ['path', 'in: [msg.vendorErrorCode]', 'in: [msg.vendorErorCode]'],
  [
    'path-and-enum',
    /in: \[msg.vendorErrorCode\]([\s\S]*)UsageFailure\]/,
    'in: [msg.vendorErorCode]$1UsageFailur]',
  ],
  ['alias', '[f.pointFaultCode]', '[cp.pointFaultCode]'],
  ['table', '  point:', '  pint:'],
  ['of', 'of: ocpp16.fault', 'of: ocpp16.fautl'],
  ['of-itself', 'of: ocpp16.fault', 'of: vendor.acme.dc150.fault'],
  ['message', 'of: ocpp16.fault', 'message: ocpp16.StatusNotificatoin'],
  ['head', 'overlay:', 'overly:'],
  ['key', 'select:', 'slect:'],
  ['far-key', 'select:', 'a: 1\nselect:'],
  ['select-key', 'vendor: Acme,', 'vendr: Acme,'],
  ['select-empty', '{vendor: Acme, model: "DC150*"}', '{}'],
  ['select-null', '{vendor: Acme, model: "DC150*"}', ''],
  ['select-missing', 'select: {vendor: Acme, model: "DC150*"}\n', ''],
  ['select-number', '"DC150*"', '"DC150*", firmware: 2.40'],
  ['select-range', '"DC150*"', '"DC150*", firmware: ">=3.0 <2.4"'],
  ['code-zeros', '"E042",', '0042,'],
  ['code-exponent', '"E042",', '1E42,'],
  ['code-list', '["E042",', '[["E1", 0x1F],'],
  ['code-not', '"E042",', 'not 0042,'],
  ['cells', '["E042", UsageFailure]', '["E042", _, UsageFailure]'],
  ['row-no-list', '["E042", UsageFailure]', '"E042"'],
  ['rows-no-map', 'x.holder:', 'x.holder'],
  ['forbidden', '[msg.vendorErrorCode]', '[msg.__proto__.x]'],
  ['forbidden-row', 'x.holder:', '__proto__:'],
  ['far-of', 'of: ocpp16.fault', 'of: what.is.this'],
  ['anchor', 'x.holder: ["E042", UsageFailure]', 'x.holder: &a ["E042", UsageFailure]\n      x.more: *a'],
  ['merge', 'x.holder:', '<<: {x.z: ["E044", UsageFailure]}\n      x.holder:'],
  ['star', '"DC150*"', '*DC'],
  ['field', 'tables:', 'fields: {f.text: {form: msg.info}}\ntables:'],
  ['else-covers', '    rows:', '    else-covers: 3\n    rows:'],
  ['example-input', 'status: Faulted', 'status: Faultd'],
  ['example-inputs', 'connectorId: 1, errorCode: OtherError', 'connectorId: one, errorCod: OtherError'],
  ['example-instant', '"2026-11-20T22:14:03Z"}', '"2026-11-20 22:14:03"}'],
  ['example-select', 'model: DC150}', 'model: AC22}'],
];

describe('the checker, of an overlay', () => {
  it('finds nothing in what is right', () => {
    expect(complaints(acme)).toBe('');
  });

  it('says that a mapping is not there, and all else, where its base is missing', () => {
    const heir = 'mapping: site.fault\nextends: ocpp16.fautl\n---\n';
    const text = complaints(`${heir}${acme.replace('of: ocpp16.fault', 'of: site.fault')}`);
    expect(text).toContain('MAP_UNKNOWN no mapping is named ocpp16.fautl');
    expect(text).toContain('did you mean ocpp16.fault?');
  });

  it('says that overlays alone need the tables that they are for', () => {
    const result = loadFiles([{ name: 'site/acme.yaml', text: acme }]);
    expect(result).toMatchObject({
      diagnostics: [{ code: 'MAP_UNKNOWN', suggestion: expect.stringContaining('hold no mapping') }],
    });
  });

  for (const [name, from, to] of slips)
    it(`says what is wrong: ${name}`, async () => {
      const text = acme.replace(from, to);
      expect(text).not.toBe(acme);
      await expect(`${complaints(text)}\n`).toMatchFileSnapshot(`diagnostics/overlay/${name}.txt`);
    });
});
