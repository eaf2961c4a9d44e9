/** What a test of VDV 463 opens; it is closed when the test ends, what was opened last first. */
import { expect, onTestFinished } from 'vitest';
import { Cms, type CmsOptions } from './cms.js';
import { type Connect, order, overWs, Peer, type PeerOptions, type PeerSocket } from './peer.js';

export const BUS1 = 'WEB62834613200001';
export const BUS2 = 'WEB62834613200002';

export async function cmsWith(options: CmsOptions = {}): Promise<Cms> {
  const cms = await Cms.start(options);
  onTestFinished(() => cms.stop());
  return cms;
}

/** Dials with a client of choice. The test fails if the CMS ever sent what does not fit the dialect. */
export async function dialOver<Socket extends PeerSocket>(
  connect: Connect<Socket>,
  cms: Cms,
  presystemId?: string,
  options?: PeerOptions,
): Promise<Peer<Socket>> {
  const peer = await Peer.over(connect, cms, presystemId, options);
  onTestFinished(async () => {
    const violations = [...peer.violations];
    await peer.close();
    expect(violations).toEqual([]);
  });
  return peer;
}

/** Dials with the library `ws`; violations fail the test. */
export const dial = (cms: Cms, presystemId?: string, options?: PeerOptions): Promise<Peer> =>
  dialOver(overWs(options?.ws), cms, presystemId, options);

/** Boots it, and has the first snapshot. */
export async function boot<Socket extends PeerSocket>(peer: Peer<Socket>): Promise<Peer<Socket>> {
  await peer.boot();
  await peer.informed();
  return peer;
}

/** Dials, boots, and has the first snapshot. */
export const booted = async (cms: Cms, presystemId?: string, options?: PeerOptions): Promise<Peer> =>
  boot(await dial(cms, presystemId, options));

/** The requests that the depot holds of a presystem. */
export const held = (cms: Cms, presystemId = 'BMS-1') =>
  cms.runtime.depot.state.presystems[presystemId]?.requests ?? {};
export const idsHeld = (cms: Cms, presystemId?: string) => Object.keys(held(cms, presystemId)).sort();
export const statusOf = (cms: Cms, id: string, presystemId?: string) => held(cms, presystemId)[id]?.status;

export const terminate = (id: string, vehicle: string) =>
  order(id, vehicle, { chargingInstruction: 'Terminate' });
export const targets = (minTargetSoc: number, maxTargetSoc: number) => ({
  chargingRequestData: { minTargetSoc, maxTargetSoc },
});

/** R1 charges at N1-1, R2 waits; both of this presystem, which has booted. */
export async function oneRuns<Socket extends PeerSocket>(
  cms: Cms,
  peer: Peer<Socket>,
): Promise<Peer<Socket>> {
  const { presystemId } = peer.upstream;
  await cms.charge('N1', 'N1-1', BUS1, { powerW: 42_500, socPct: 55 });
  expect((await peer.list([order('R1', BUS1), order('R2', BUS2)]))[0]).toBe(2);
  expect(['R1', 'R2'].map((id) => statusOf(cms, id, presystemId))).toEqual(['running', 'pending']);
  return peer;
}
