/** `depotbridge check`: output for people, scripts and CI; exit codes; the rows in force for one station. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/cli/check.js';
import { configuration, EXAMPLE, folder, output } from './support.js';

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
