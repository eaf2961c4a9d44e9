/** The numbered vectors are tried with two WebSocket clients that are not of one make: `ws` and the JDK's. */
import { afterAll, beforeAll, describe } from 'vitest';
import type { Cms } from './cms.js';
import { hasJava, Jdk } from './jdk.js';
import { boot, dialOver } from './opened.js';
import { type Connect, overWs, type Peer, type PeerOptions, type PeerSocket } from './peer.js';

export type Dial = (cms: Cms, presystemId?: string, options?: PeerOptions) => Promise<Peer<PeerSocket>>;

export interface Client {
  readonly name: 'ws' | 'jdk';
  readonly dial: Dial;
  /** Dials, boots, and has the first snapshot. */
  readonly booted: Dial;
}

export const withJava = hasJava();

/** Describes the same tests for each client that this machine has. */
export function withEachClient(tests: (client: Client) => void): void {
  describe.each(withJava ? (['ws', 'jdk'] as const) : (['ws'] as const))('with %s', (name) => {
    let jdk: Jdk | undefined;
    let connect: Connect<PeerSocket> = overWs();
    beforeAll(async () => {
      if (name === 'ws') return;
      const started = await Jdk.start();
      jdk = started;
      connect = (dialling) => started.connect(dialling);
    });
    afterAll(() => jdk?.stop());

    const dial: Dial = (cms, presystemId, options) => dialOver(connect, cms, presystemId, options);
    tests({ name, dial, booted: async (...dialled) => boot(await dial(...dialled)) });
  });
}
