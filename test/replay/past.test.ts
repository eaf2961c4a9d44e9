/** What a replay needs to know of another day: who was who, the state then, what was decided outside of the journal's frames. */
import { describe, expect, it } from 'vitest';
import { Archive } from '../../src/depot/index.js';
import { IdentityRegistry } from '../../src/identity/index.js';
import { seek, whenOf } from '../../src/replay/index.js';
import { planted } from '../support/planted.js';

describe('identities', () => {
  it('are those of the day: a bay that had another connector then', async () => {
    const scene = await planted();
    const { facts } = scene.identity;
    const [{ id, stations }] = facts.depots;
    const swapped = stations.map((station) =>
      station.id === 'N2'
        ? {
            ...station,
            points: station.points.map((point) => ({
              ...point,
              connector: 3 - point.connector,
            })) as typeof station.points,
          }
        : station,
    );
    const then = new IdentityRegistry({ ...facts, depots: [{ id, stations: swapped }] });
    expect(then.version).not.toBe(scene.identity.version);
    scene.at('02:02');
    const started = await scene.decided('BridgeStarted', { identityVersion: then.version });
    await new Archive(scene.store, scene.depotId).keepIdentity(then, started);
    await scene.connected('N2');
    const frame = await scene.status('N2', 1, 'Faulted', { errorCode: 'GroundFailure' });
    scene.at('02:05');
    await scene.start();
    scene.at('02:06');
    await scene.status('N2', 1, 'Available');
    const at = async (point: string, time: string) =>
      (await scene.why({ kind: 'point', id: point }, time)).get('status');
    expect((await at('N2-2', '02:03'))?.evidence.map(({ id: raw }) => raw)).toEqual([frame]);
    expect((await at('N2-1', '02:03'))?.value).toBeUndefined();
    expect(await at('N2-1', '02:07')).toMatchObject({ value: 'Available' });
    expect(await at('N2-2', '02:07')).toMatchObject({ value: 'Faulted' });
    expect((await scene.replay()).notes).toEqual([]);
  });

  it('build the same registry again, and hold no password', async () => {
    const { identity } = await planted();
    const facts = JSON.parse(JSON.stringify(identity.facts)) as typeof identity.facts;
    expect(new IdentityRegistry(facts).version).toBe(identity.version);
    expect(JSON.stringify(facts)).not.toContain('secret');
  });
});

describe('the archive', () => {
  it('gives the newest state up to an entry, and forgets with the journal', async () => {
    const scene = await planted();
    const archive = new Archive(scene.store, scene.depotId);
    const { state, identity } = scene.side;
    const facts = { identity: identity.version, generation: 'g', state };
    expect(await archive.pointBefore()).toBeUndefined();
    const ids: string[] = [];
    for (const time of ['02:01', '02:03']) {
      scene.at(time);
      const after = await scene.decided('StateKept', {});
      await archive.keepPoint({ after, at: scene.now, ...facts });
      ids.push(after);
    }
    expect((await archive.pointBefore())?.after).toBe(ids[1]);
    expect((await archive.pointBefore(ids[1]))?.after).toBe(ids[0]);
    expect((await archive.pointBefore(ids[1]))?.state).toEqual(JSON.parse(JSON.stringify(state)));
    expect(await archive.pointBefore(ids[0])).toBeUndefined();
    await archive.keepIdentity(identity, ids[0] ?? '');
    await archive.trim(ids[1] ?? '');
    expect(await archive.pointBefore(ids[1])).toBeUndefined();
    expect(await archive.identity(identity.version)).toBeUndefined();
  });
});

describe('a station that keeps its CSMS', () => {
  const behind = (text: string) =>
    `${text.replace('password: cp-n1-secret-0001 }', 'password: cp-n1-secret-0001, attach: proxy }')}\nocpp: { csms: { url: "ws://127.0.0.1:1/x" } }\n`;

  it('begins a transaction when its CSMS has numbered it, or when nobody is likely to', async () => {
    const scene = await planted({ edit: behind });
    await scene.connected('N1');
    const base = { protocol: 'ocpp1.6', direction: 'in', action: 'StartTransaction' } as const;
    const raw = JSON.stringify([
      ...[2, 'a', 'StartTransaction'],
      { connectorId: 1, idTag: 'BUS4711', meterStart: 0, timestamp: scene.now },
    ]);
    const known = () => Object.keys(scene.side.state.stations.get('N1')?.transactions ?? {});
    const first = await scene.append({ ...base, link: 'ocpp:CP-N1', messageId: 'a', raw });
    expect(known()).toEqual([]);
    const answer = '[3,"a",{"transactionId":77,"idTagInfo":{"status":"Accepted"}}]';
    await scene.append({ ...base, link: 'csms:CP-N1', messageId: 'a', raw: answer, causes: [first] });
    expect(known()).toEqual(['77']);
    scene.at('02:05');
    const second = raw.replace('"a"', '"b"').replace('BUS4711', 'BUS4712').replace('02:00:00', '02:05:00');
    const id = await scene.append({ ...base, link: 'ocpp:CP-N1', messageId: 'b', raw: second });
    expect(known()).toEqual(['77']);
    await scene.decided('StartUnanswered', { transactionId: '-1' }, { link: 'ocpp:CP-N1', causes: [id] });
    expect(known()).toHaveLength(2);
    expect((await scene.replay()).compared.state).toMatchObject({ identical: true });
  });

  it('has limits of its CSMS once it has accepted them', async () => {
    const scene = await planted({ edit: behind });
    await scene.connected('N1');
    const profile = {
      ...{ chargingProfileId: 1, stackLevel: 0, chargingProfilePurpose: 'TxDefaultProfile' },
      chargingProfileKind: 'Absolute',
      chargingSchedule: { chargingRateUnit: 'W', chargingSchedulePeriod: [{ startPeriod: 0, limit: 20000 }] },
    };
    const base = {
      protocol: 'ocpp1.6',
      direction: 'in',
      action: 'SetChargingProfile',
      messageId: 'p',
    } as const;
    const raw = JSON.stringify([
      2,
      'p',
      'SetChargingProfile',
      { connectorId: 1, csChargingProfiles: profile },
    ]);
    const limits = () => scene.side.state.stations.get('N1')?.csmsLimits?.length ?? 0;
    const call = await scene.append({ ...base, link: 'csms:CP-N1', raw });
    expect(limits()).toBe(0);
    await scene.append({ ...base, link: 'ocpp:CP-N1', raw: '[3,"p",{"status":"Accepted"}]', causes: [call] });
    expect(limits()).toBe(1);
    const found = await scene.why({ kind: 'limit', id: 'N1-1' }, '02:01');
    expect(found.get('own CSMS')?.sentence).toContain('has given charger N1 1 charging profile');
    expect(found.get('limit')?.sentence).toContain('keeps its own CSMS (control: observe)');
  });
});

describe('an object that was parked, and run again after a fix', () => {
  it('counts where it was run again, if it fails in these tables too', async () => {
    const scene = await planted();
    await scene.connected('N1');
    const raw = await scene.status('N1', 7, 'Faulted', { errorCode: 'GroundFailure' });
    await scene.decided('ParkedRerun', { raw, mappings: ['ocpp16.point-status'] }, { causes: [raw] });
    const { counts, compared } = await scene.replay();
    expect(counts.failures).toEqual({ MAP_IDENTITY: 2 });
    expect(compared.state).toMatchObject({ identical: true });
  });
});

describe('times', () => {
  const newest = '2026-11-21T05:00:00.000Z';

  it('are read as people write them', () => {
    expect(whenOf('02:14', newest)).toEqual({ at: '2026-11-21T02:14:00.000Z' });
    expect(whenOf('22:14:05', newest)).toEqual({ at: '2026-11-20T22:14:05.000Z' });
    expect(whenOf('2026-11-21', newest)).toEqual({ at: '2026-11-21T00:00:00.000Z' });
    expect(whenOf('2026-11-21T03:14:00+01:00', newest)).toEqual({ at: '2026-11-21T02:14:00.000Z' });
    expect(whenOf('1795259934942-0', newest)).toEqual({ id: '1795259934942-0' });
    for (const wrong of ['yesterday', '25:00', '5', '2026-99-99'])
      expect(() => whenOf(wrong, newest), wrong).toThrow(/is no time/);
  });

  it('are found in the journal, also where many entries are of one moment', async () => {
    const scene = await planted();
    for (let i = 0; i < 200; i += 1) await scene.decided('Note', { i });
    scene.at('02:01');
    const at1 = await scene.decided('Note', {});
    scene.at('02:02');
    await scene.decided('Note', {});
    expect(await seek(scene.recording, '2026-11-21T02:00:00.001Z')).toBe(at1);
    expect(await seek(scene.recording, '2026-11-21T02:01:00.000Z')).toBe(at1);
    expect(await seek(scene.recording, '2026-11-21T02:03:00.000Z')).toBeUndefined();
    const [first] = [await seek(scene.recording, '2020-01-01T00:00:00.000Z')];
    expect(first).toMatch(/-0$/);
  });
});
