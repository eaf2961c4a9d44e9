/** `depotbridge check`: output for people, scripts and CI; exit codes; the rows in force for one station. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/cli/check.js';
import { configuration, EXAMPLE, folder, MAPPINGS, output } from './support.js';

const FAULT_FILE = 'fault.yaml';
const faultTable = readFileSync(new URL('../../mappings/ocpp16/fault.yaml', import.meta.url), 'utf8');
const good = () => folder({ [FAULT_FILE]: faultTable });
const bad = () =>
  folder({
    [FAULT_FILE]: faultTable.replace('UsageFailure]', 'UsageFailur]').replace('msg.info', 'msg.inof'),
  });
const run = (path: string, format: 'text' | 'json' | 'junit') =>
  output(() => check([path], { config: EXAMPLE, format }));

interface CheckJson {
  readonly errors: readonly { code: string; line: number; column: number; suggestion?: string }[];
  readonly report: { mappings: number; rows: number };
  readonly generation?: string;
}

describe('depotbridge check', () => {
  it('says how much it looked at, and ends with 0', async () => {
    const { code, text } = await run(good(), 'text');
    expect(code).toBe(0);
    expect(text).toMatch(/looked at 1 files, 1 mappings, 0 overlays, 3 tables, 37 rows/);
    expect(text).toMatch(/generation [0-9a-f]{64}/);
  });

  it('names every fault at once with its place and a suggestion, and ends with 1', async () => {
    const { code, text } = await run(bad(), 'text');
    expect(code).toBe(1);
    expect(text).toContain('did you mean UsageFailure?');
    expect(text).toContain('did you mean info?');
    expect(text).toMatch(/fault\.yaml:\d+:\d+ MAP_ENUM/);
  });

  it('speaks JSON', async () => {
    const passed = await run(good(), 'json');
    expect(passed.code).toBe(0);
    expect(JSON.parse(passed.text)).toMatchObject({ errors: [], report: { mappings: 1 } });
    const failed = await run(bad(), 'json');
    expect(failed.code).toBe(1);
    const { errors, generation } = JSON.parse(failed.text) as CheckJson;
    expect(errors.map(({ code }) => code)).toEqual(expect.arrayContaining(['MAP_ENUM', 'MAP_PATH']));
    expect(errors.every(({ line, column }) => line > 0 && column > 0)).toBe(true);
    expect(generation).toBeUndefined();
  });

  it('speaks JUnit, well formed whatever a table says', async () => {
    const passed = await run(good(), 'junit');
    expect(passed.code).toBe(0);
    expect(passed.text).toContain('failures="0"');
    const failed = await run(bad(), 'junit');
    expect(failed.code).toBe(1);
    const tests = Number(/tests="(\d+)"/.exec(failed.text)?.[1]);
    expect(failed.text.match(/<testcase /g)).toHaveLength(tests);
    expect(failed.text.match(/<failure>/g)).toHaveLength(tests);
    // Text between tags holds no bare < or &.
    expect(failed.text.replaceAll(/<[^<>]+>/g, '')).not.toMatch(/[<]|&(?!amp;|lt;|gt;|quot;)/);
  });

  it('names faults of a configuration beside those of its tables', async () => {
    const file = configuration((text) =>
      text.replace('kind: BMS,', 'kind: BSM,').replace('mappings: [builtin]', `mappings: [${bad()}]`),
    );
    const { code, text } = await output(() => check([file], { config: EXAMPLE, format: 'text' }));
    expect(code).toBe(1);
    expect(text).toContain('did you mean BMS?');
  });

  it('refuses a path that is not there', async () => {
    await expect(run(join(good(), 'nowhere'), 'text')).rejects.toThrow(
      /neither a folder of tables nor a configuration/,
    );
  });
});

describe('depotbridge check, of a set of tables', () => {
  const shipped = (): string => {
    const path = folder();
    cpSync(MAPPINGS, path, { recursive: true });
    return path;
  };
  const base = readFileSync(new URL('../../mappings/ocpp16/authorize.yaml', import.meta.url), 'utf8');
  const acme = readFileSync(new URL('../mapping/fixtures/acme.yaml', import.meta.url), 'utf8');

  it('names what the bridge needs and the set lacks', async () => {
    const path = shipped();
    rmSync(join(path, 'ocpp16', 'boot.yaml'));
    rmSync(join(path, 'vdv463', '1.0.0-requests.yaml'));
    const { code, text } = await run(path, 'text');
    expect(code).toBe(1);
    expect(text).toContain(
      'MAP_INCOMPLETE the bridge needs a mapping from ocpp16.BootNotification to bridge.StationBooted',
    );
    expect(text).toContain('MAP_INCOMPLETE the bridge needs the mapping vdv463-1.0.0.request');
    expect(text).toContain('2 faults');
  });

  it('asks it of the tables of a configuration, too, as far as that needs them', async () => {
    const path = shipped();
    rmSync(join(path, 'ocpp201', 'boot.yaml'));
    rmSync(join(path, 'vdv463', '1.0.0-requests.yaml'));
    const file = configuration((text) => text.replace('mappings: [builtin]', `mappings: [${path}]`));
    const { code, text } = await output(() => check([file], { config: EXAMPLE, format: 'text' }));
    expect(code).toBe(1);
    expect(text).toContain('ocpp201.BootNotification to bridge.StationBooted');
    expect(text).toContain('1 fault\n');
  });

  it('says how a folder that builds on the tables that ship is checked', async () => {
    const heir = 'mapping: site.fault\nextends: ocpp16.fault\n';
    const { code, text } = await run(
      folder({ 'heir.yaml': `${heir}---\n${acme}`, 'base.yaml': base }),
      'text',
    );
    expect(code).toBe(1);
    expect(text).toContain('MAP_UNKNOWN no mapping is named ocpp16.fault');
    expect(text).toContain('a folder is taken as a whole set of tables; a configuration with');
  });

  it('does not take an empty folder for a set', async () => {
    const { code, text } = await run(folder({ 'empty.yaml': '# nothing\n' }), 'text');
    expect(code).toBe(1);
    expect(text).toContain('MAP_FILE there are no tables in it');
  });

  it('says that a part of a set was not asked for the rest', async () => {
    expect((await run(good(), 'text')).text).toContain('a part of a set');
  });

  it('checks a folder of overlays together with the tables that ship', async () => {
    const { code, text } = await run(folder({ 'acme.yaml': acme }), 'text');
    expect(text).toContain('overlays only: checked together with the tables that ship');
    expect(code).toBe(0);
    const wrong = await run(folder({ 'acme.yaml': acme.replace('ocpp16.fault', 'ocpp16.fautl') }), 'text');
    expect(wrong.code).toBe(1);
    expect(wrong.text).toContain('did you mean ocpp16.fault?');
    expect(wrong.text).toContain('1 fault\n');
  });

  it('takes folders of a configuration from where that lies, and warns of stations it does not know', async () => {
    const file = configuration((text) => text.replace('mappings: [builtin]', 'mappings: [builtin, ./site]'));
    const site = join(dirname(file), 'site');
    mkdirSync(site);
    const station = (id: string) =>
      acme
        .replace('{vendor: Acme, model: "DC150*"}', `{station: ${id}}`)
        .replace('{vendor: Acme, model: DC150}', `{station: ${id}}`);
    writeFileSync(join(site, 'acme.yaml'), station('N99'));
    const { code, text } = await output(() => check([file], { config: EXAMPLE, format: 'text' }));
    expect(code).toBe(0);
    expect(text).toMatch(
      /^warning: .*site\/acme\.yaml:4:19 MAP_OVERLAY the configuration has no station N99/,
    );
    expect(text).toContain('= it has N1, N2, N3, N4');
    expect(text).toContain('1 warning\n');
    const json = await output(() => check([file], { config: EXAMPLE, format: 'json' }));
    expect(JSON.parse(json.text)).toMatchObject({ errors: [], warnings: [{ code: 'MAP_OVERLAY', line: 4 }] });
    writeFileSync(join(site, 'acme.yaml'), station('N1'));
    const fine = await output(() => check([file], { config: EXAMPLE, format: 'text' }));
    expect(fine.text).not.toContain('warning');
  });

  it('lists all mappings', async () => {
    const { code, text } = await output(() =>
      check([good()], { config: EXAMPLE, format: 'text', list: true }),
    );
    expect({ code, text }).toEqual({
      code: 0,
      text: 'ocpp16.fault: ocpp16.StatusNotification → bridge.FaultReported\n',
    });
  });
});

describe('depotbridge check, of files that are no text', () => {
  const overlay = (bytes: Buffer): string => {
    const path = good();
    writeFileSync(join(path, 'site.yaml'), bytes);
    return path;
  };
  const head = 'overlay: vendor.x\nof: ocpp16.fault\nselect: {vendor: ';
  const cases: readonly [name: string, bytes: Buffer, place: string, message: string][] = [
    ['Latin-1', Buffer.from(`${head}K\u00e4rcher}\n`, 'latin1'), ':3:19', 'the file is not UTF-8'],
    ['UTF-16', Buffer.from(`\ufeff${head}x}\n`, 'utf16le'), ':1:1', 'the file is UTF-16, not UTF-8'],
    ['a NUL', Buffer.from(`${head}x\0}\n`), ':3:19', 'a control character, U+0000'],
  ];
  it.each(cases)('says so and where: %s', async (_name, bytes, place, message) => {
    const path = overlay(bytes);
    const { code, text } = await run(path, 'text');
    expect(code).toBe(1);
    expect(text).toContain(`site.yaml${place} MAP_SYNTAX ${message}`);
    expect(text).toContain('1 fault\n');
    const { errors } = JSON.parse((await run(path, 'json')).text) as CheckJson;
    expect(errors).toHaveLength(1);
    const junit = (await run(path, 'junit')).text;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no XML may hold them
    expect(junit).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f]/);
    expect(junit).toContain('MAP_SYNTAX');
  });

  it('writes well-formed JUnit of a value that XML cannot hold', async () => {
    const path = overlay(Buffer.from(`${head}"a\\u0000\\ud800", modl: x}\n`));
    const { text } = await run(path, 'junit');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no XML may hold them
    expect(text).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f]/);
    expect(Buffer.from(text).toString()).toBe(text);
  });
});

describe('depotbridge check --effective', () => {
  const overlay = `overlay: vendor.acme.fan
of: ocpp16.fault
select: {vendor: Acme}
tables:
  point:
    in: [msg.errorCode, msg.vendorErrorCode]
    out: [f.pointFaultCode]
    rows:
      x.fan: [OtherError, E042, UsageFailure]
      x.ground: [GroundFailure, _, UsageFailure]
examples:
  - name: fan
    select: {vendor: Acme}
    in: {msg: {connectorId: 1, errorCode: OtherError, status: Faulted, vendorErrorCode: E042}, env: {stationId: N1, receivedAt: "2026-01-01T00:00:01Z", protocol: ocpp1.6}}
    out: {pointId: "point:N1/1", key: status, active: true, pointFaultCode: UsageFailure, stationFaultCode: OtherChargingStationFailure, text: OtherError / E042, vendorCode: E042, at: "2026-01-01T00:00:01Z", receivedAt: "2026-01-01T00:00:01Z"}
  - name: ground
    select: {vendor: Acme}
    in: {msg: {connectorId: 1, errorCode: GroundFailure, status: Faulted}, env: {stationId: N1, receivedAt: "2026-01-01T00:00:01Z", protocol: ocpp1.6}}
    out: {pointId: "point:N1/1", key: status, active: true, pointFaultCode: UsageFailure, stationFaultCode: ElectricalOperationFailure, text: GroundFailure, at: "2026-01-01T00:00:01Z", receivedAt: "2026-01-01T00:00:01Z"}
`;
  const effective = (vendor: string, format: 'text' | 'json') =>
    output(() =>
      check([folder({ [FAULT_FILE]: faultTable, 'acme.yaml': overlay })], {
        config: EXAMPLE,
        format,
        effective: true,
        vendor,
        ocpp: '1.6',
      }),
    );

  it('marks rows that are shadowed, always or for some inputs', async () => {
    const { code, text } = await effective('Acme', 'text');
    expect(code).toBe(0);
    expect(text).toContain('vendor.acme.fan (vendor)');
    expect(text).toMatch(/× ocpp16\.fault\/p\.ground .*\(shadowed by vendor\.acme\.fan\)/);
    expect(text).toMatch(/~ ocpp16\.fault\/p\.other .*\(partly shadowed by vendor\.acme\.fan\)/);
    expect(text).toMatch(/ {2}ocpp16\.fault\/p\.hot /);
    // Another output than the overlay's.
    expect(text).toMatch(/ {2}ocpp16\.fault\/t\.ground /);
  });

  it('leaves overlays of other makes out', async () => {
    const { text } = await effective('Other', 'text');
    expect(text).not.toContain('vendor.acme.fan');
    expect(text).not.toContain('shadowed');
  });

  it('refuses stations and mappings that are not there', async () => {
    const ask = (more: object) =>
      output(() => check([configuration()], { config: EXAMPLE, format: 'text', effective: true, ...more }));
    await expect(ask({ station: 'N99' })).rejects.toThrow('has no station N99; it has N1, N2, N3, N4');
    await expect(ask({ mapping: 'ocpp16.faullt' })).rejects.toThrow('did you mean ocpp16.fault?');
  });

  it('speaks JSON', async () => {
    const { text } = await effective('Acme', 'json');
    const { mappings } = JSON.parse(text) as {
      mappings: {
        name: string;
        tables: { name: string; layers: { owner: string; rows: { rule: string; shadow?: string }[] }[] }[];
      }[];
    };
    const layers = mappings
      .find(({ name }) => name === 'ocpp16.fault')
      ?.tables.find(({ name }) => name === 'point')?.layers;
    expect(layers?.map(({ owner }) => owner)).toEqual(['vendor.acme.fan', 'ocpp16.fault']);
    expect(layers?.[1]?.rows.find(({ rule }) => rule === 'ocpp16.fault/p.ground')?.shadow).toBe('whole');
  });
});
