/** New tables take the place of old ones all at once, after a look at what they change, or not at all. */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';

import type { Generation, JsonObject } from '../../src/mapping/index.js';
import { shadowReplay, watchTables } from '../../src/tables/index.js';
import { fieldDifferences } from '../../src/tables/shadow.js';
import { faulted, startWorld } from './world.js';

/** Ground faults become a matter of use; the example says so too. */
const groundIsUsage = (text: string) =>
  text
    .replace('[GroundFailure, _, OtherChargingPointFailure]', '[GroundFailure, _, UsageFailure]')
    .replace(
      'pointFaultCode: OtherChargingPointFailure, stationFaultCode: ElectricalOperationFailure, text: GroundFailure',
      'pointFaultCode: UsageFailure, stationFaultCode: ElectricalOperationFailure, text: GroundFailure',
    );
const misspelt = (text: string) =>
  text.replace('UsageFailure]', 'UsageFailur]').replace('msg.info]', 'msg.inof]');

interface ReloadAnswer {
  readonly generation: string;
  readonly previous: string;
  readonly changed: boolean;
  readonly shadow?: {
    payloads: number;
    changed: number;
    more: number;
    skipped: object[];
    differences: Record<string, unknown>[];
  };
}

describe('a reload', () => {
  it('replays the last payloads through both, tells what differs, then swaps', async () => {
    const world = await startWorld();
    const before = world.bridge.runtime.tables();
    const raw = await world.received('StatusNotification', faulted);
    await world.received('Heartbeat', {});
    world.edit('ocpp16/fault.yaml', groundIsUsage);
    const { status, body } = await world.admin<ReloadAnswer>('POST', '/api/v1/tables/reload');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      previous: before.id,
      changed: true,
      shadow: { payloads: 2, changed: 1, more: 0 },
    });
    expect(body.shadow?.differences).toEqual([
      {
        ...{ raw, link: 'ocpp:CP-N1', message: 'ocpp16.StatusNotification', target: 'FaultReported' },
        ...{ path: 'pointFaultCode', before: 'OtherChargingPointFailure', after: 'UsageFailure' },
      },
    ]);
    expect(world.bridge.runtime.tables().id).toBe(body.generation);
    // A replay is no traffic.
    const { body: counters } = await world.admin<{ rows: { rule: string; count: number }[] }>(
      'GET',
      '/api/v1/tables/counters',
    );
    expect(counters.rows.filter(({ rule, count }) => count !== 0 && rule.startsWith('ocpp'))).toEqual([]);
    // Who began with the old one keeps it.
    expect(before.mapping('ocpp16.fault')).toBeDefined();
    expect(world.log.find(({ path }) => path === 'pointFaultCode')).toMatchObject({
      raw,
      after: 'UsageFailure',
    });
    const entries = world.bridge.runtime.depot.journal.entries({ action: 'TablesChanged' });
    for await (const entry of entries)
      expect(JSON.parse(entry.raw)).toMatchObject({ from: before.id, to: body.generation });
  });

  it('is held back by no payload in the journal, whatever it was', async () => {
    const world = await startWorld();
    const { depot } = world.bridge.runtime;
    const forbidden = '{"connectorId":1,"errorCode":"NoError","status":"Available","__proto__":{"x":1}}';
    await depot.journal.append({
      ...{ depotId: depot.id, link: 'ocpp:CP-N1', protocol: 'ocpp1.6', direction: 'in', causes: [] },
      action: 'StatusNotification',
      raw: `[2,"m","StatusNotification",${forbidden}]`,
    });
    await world.received('StatusNotification', faulted);
    world.edit('ocpp16/fault.yaml', groundIsUsage);
    const { status, body } = await world.admin<ReloadAnswer>('POST', '/api/v1/tables/reload');
    expect(status).toBe(200);
    expect(body).toMatchObject({ changed: true, shadow: { payloads: 2, changed: 1, skipped: [] } });
    expect(world.bridge.runtime.tables().id).toBe(body.generation);
  });

  it('keeps the tables in force when the new ones have faults, and names all of them', async () => {
    const world = await startWorld();
    const before = world.bridge.runtime.tables().id;
    world.edit('ocpp16/fault.yaml', misspelt);
    const { status, body } = await world.admin<{ code: string; detail: string }>(
      'POST',
      '/api/v1/tables/reload',
    );
    expect({ status, code: body.code }).toEqual({ status: 422, code: 'MAP_REFUSED' });
    expect(body.detail).toContain('did you mean UsageFailure?');
    expect(body.detail).toContain('did you mean info?');
    expect(world.bridge.runtime.tables().id).toBe(before);
    const metrics = await world.bridge.runtime.metrics.registry.metrics();
    expect(metrics).toContain('bridge_table_reloads_total{outcome="refused"} 1');
    // Mended, it goes on.
    world.edit('ocpp16/fault.yaml', (text) =>
      text.replace('UsageFailur]', 'UsageFailure]').replace('msg.inof]', 'msg.info]'),
    );
    expect(await world.bridge.reload()).toMatchObject({ changed: false, generation: before });
  });

  it('refuses overlays of nothing, and sets that lack what the bridge needs, as any other fault', async () => {
    const world = await startWorld();
    const example = '{name: n, select: {vendor: A}, in: {msg: {}}, out: {}}';
    const overlay = `overlay: site.x\nof: ocpp16.fautl\nselect: {vendor: A}\nexamples: [${example}]\n`;
    world.edit('ocpp16/fault.yaml', (text) => `${text}---\n${overlay}`);
    world.edit('ocpp16/boot.yaml', () => '# gone\n');
    const { status, body } = await world.admin<{ detail: string }>('POST', '/api/v1/tables/reload');
    expect(status).toBe(422);
    expect(body.detail).toContain('did you mean ocpp16.fault?');
    expect(body.detail).toContain('MAP_INCOMPLETE the bridge needs a mapping from ocpp16.BootNotification');
    expect(body.detail).toContain('2 faults in the tables');
  });

  it('runs one at a time', async () => {
    const world = await startWorld();
    world.edit('ocpp16/fault.yaml', groundIsUsage);
    const [first, second] = await Promise.all([world.bridge.reload(), world.bridge.reload()]);
    expect([first?.changed, second?.changed]).toEqual([true, false]);
  });

  it('follows the files if asked to', async () => {
    const world = await startWorld((text) => `${text}\ntables: { watch: true }\n`);
    const before = world.bridge.runtime.tables().id;
    world.edit('ocpp16/fault.yaml', groundIsUsage);
    await expect.poll(() => world.bridge.runtime.tables().id).not.toBe(before);
  });
});

describe('a shadow replay', () => {
  it('also tells what presystems would be told otherwise', async () => {
    const world = await startWorld();
    const { runtime } = world.bridge;
    const before = runtime.tables();
    const name = 'vdv463-1.1.0.information';
    const mapping = before.mapping(name);
    const after: Generation = {
      id: 'other',
      forMessage: (message) => before.forMessage(message),
      find: (source, target) => before.find(source, target),
      repair: (message, payload, select) => before.repair(message, payload, select),
      mapping: (wanted) =>
        wanted !== name
          ? before.mapping(wanted)
          : {
              ...{ name, from: mapping.from, target: mapping.target },
              runAll: (inputs, context) => mapping.runAll(inputs, context),
              run: (inputs, context) => {
                const result = mapping.run(inputs, context);
                const text = JSON.stringify(result?.ok ? result.value : {}).replaceAll(
                  'Unavailable',
                  'Faulted',
                );
                return result?.ok ? { ...result, value: JSON.parse(text) as JsonObject } : result;
              },
            },
    };
    const report = await shadowReplay(before, after, runtime, 10);
    expect(report).toMatchObject({ changed: 0, told: 1 });
    expect(report.differences[0]).toMatchObject({
      ...{ link: 'vdv463:BMS-1', message: 'ProvideChargingInformation', target: 'vdv463-1.1.0' },
      ...{ before: 'Unavailable', after: 'Faulted' },
    });
    expect(await shadowReplay(before, before, runtime, 10)).toMatchObject({ told: 0, differences: [] });
  });

  it('passes over what it cannot replay, and says so', async () => {
    const world = await startWorld();
    const { runtime } = world.bridge;
    const before = runtime.tables();
    const raw = await world.received('StatusNotification', faulted);
    await world.received('Heartbeat', {});
    const after: Generation = {
      id: 'other',
      forMessage: (message) => before.forMessage(message),
      find: (source, target) => before.find(source, target),
      mapping: (name) => before.mapping(name),
      repair: (message, payload, select) => {
        if (message === 'ocpp16.StatusNotification') throw new TypeError('no such thing');
        return before.repair(message, payload, select);
      },
    };
    expect(await shadowReplay(before, after, runtime, 10)).toMatchObject({
      payloads: 1,
      skipped: [{ raw, reason: 'no such thing' }],
    });
  });
});

describe('watching', () => {
  it('waits until the files rest, and says it once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'depotbridge-watch-'));
    const file = join(folder, 'a.yaml');
    writeFileSync(file, 'a');
    const changed = vi.fn(async () => undefined);
    const watch = watchTables([folder], changed, { log: pino({ level: 'silent' }), everyMs: 20 });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(changed).not.toHaveBeenCalled();
    utimesSync(file, 1, 1);
    writeFileSync(join(folder, 'b.yaml'), 'b');
    await expect.poll(() => changed).toHaveBeenCalledTimes(1);
    rmSync(file);
    await expect.poll(() => changed).toHaveBeenCalledTimes(2);
    await watch.stop();
    rmSync(folder, { recursive: true });
  });
});

describe('field differences', () => {
  it('name leaves, and what one side lacks as a whole', () => {
    expect(fieldDifferences({ a: 1, b: [{ c: 1 }], d: { e: 1 } }, { a: 1, b: [{ c: 2 }, { c: 3 }] })).toEqual(
      [
        { path: 'b.0.c', before: 1, after: 2 },
        { path: 'b.1', after: { c: 3 } },
        { path: 'd', before: { e: 1 } },
      ],
    );
    expect(fieldDifferences({ a: [1] }, { a: [1] })).toEqual([]);
  });
});
