/**
 * The socket of a stranger that was invited to introduce itself. Its BootNotification is answered with Pending, it is
 * asked how many connectors it has, everything else is refused, and soon it has to go (OCPP 1.6 §4.2, 2.0.1 B02).
 */

import type { JsonObject } from '../../mapping/index.js';
import { validatorOf } from '../../schemas/index.js';
import { flawOf } from '../inspect.js';
import { schemaName } from '../protocol.js';
import { CallRefusal } from '../refusal.js';
import type { InboundCall, RpcConnection, RpcOwner } from '../rpc/index.js';
import { introductionOf } from '../translate.js';
import type { Introduction } from './strangers.js';

const STAYS_MS = 5_000;
const ASK_MS = 3_000;
/** What it is told to wait before it boots again. */
const COME_BACK_SECONDS = 300;
const MOST_POINTS = 32;

export interface IntroductionHost {
  readonly maxDepth: number;
  now(): Date;
  heard(call: InboundCall): void;
  introduced(introduction: Introduction): void;
}

/** Makes the owner of such a socket. */
export function introduce(rpc: RpcConnection, host: IntroductionHost): RpcOwner {
  const points = new Set<number>();
  let said: Omit<Introduction, 'points'> | undefined;
  const note = () => said && host.introduced({ ...said, points: [...points].sort((a, b) => a - b) });
  const leave = setTimeout(() => rpc.close(1008, 'this station is not adopted yet'), STAYS_MS);
  leave.unref();
  return {
    async onCall(call) {
      host.heard(call);
      const payload = checked(rpc, call, host.maxDepth);
      if (call.action === 'BootNotification') {
        const boot = introductionOf(rpc.protocol, payload);
        if (boot) said = { protocol: rpc.protocol, ...boot };
        note();
        setImmediate(() => void countConnectors(rpc, points).then(note));
        return { status: 'Pending', currentTime: host.now().toISOString(), interval: COME_BACK_SECONDS };
      }
      const number = payload[rpc.protocol === 'ocpp1.6' ? 'connectorId' : 'evseId'];
      if (typeof number === 'number' && number > 0 && points.size < MOST_POINTS) points.add(number);
      note();
      throw new CallRefusal('SecurityError', 'this station is not adopted yet');
    },
    onAnswer: () => undefined,
    onBadFrame: () => rpc.close(1002, 'a frame is no OCPP'),
    onSent: () => undefined,
    onAlive: () => undefined,
    onBroken: () => undefined,
    onClosed: () => clearTimeout(leave),
  };
}

function checked(rpc: RpcConnection, { action, payload }: InboundCall, maxDepth: number): JsonObject {
  const known = action === 'BootNotification' || action === 'StatusNotification';
  const flaw = flawOf(payload, maxDepth);
  if (flaw || !known || validatorOf(schemaName(rpc.protocol, action))(payload).length > 0)
    throw new CallRefusal('SecurityError', 'this station is not adopted yet');
  return payload as JsonObject;
}

/** 1.6 tells by a configuration key; a station of 2.x shows its EVSEs by their status, if it sends it. */
async function countConnectors(rpc: RpcConnection, points: Set<number>): Promise<void> {
  if (rpc.protocol !== 'ocpp1.6') return;
  try {
    const key = ['NumberOfConnectors'];
    const answer = (await rpc.call('GetConfiguration', { key }, ASK_MS)) as JsonObject;
    const [found] = (answer['configurationKey'] ?? []) as { value?: string }[];
    const count = Math.min(Number(found?.value ?? 0) || 0, MOST_POINTS);
    for (let number = 1; number <= count; number++) points.add(number);
  } catch {
    // It does not tell: what it showed by itself has to do.
  }
}
