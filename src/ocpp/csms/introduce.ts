/**
 * The socket of a stranger that was invited to introduce itself. Its BootNotification is answered with Pending, it is
 * asked which connectors or EVSEs it has, everything else is refused, and soon it has to go (OCPP 1.6 §4.2, 2.0.1 B02).
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
/** By this number a report says what it answers. */
const REPORT = 1;
/** What a station of 2.x is asked: its EVSEs, or everything if it tells only that (2.0.1 B08, B07). */
const REPORTS: readonly { readonly action: string; readonly payload: JsonObject }[] = [
  {
    action: 'GetReport',
    payload: { requestId: REPORT, componentVariable: [{ component: { name: 'EVSE' } }] },
  },
  { action: 'GetBaseReport', payload: { requestId: REPORT, reportBase: 'FullInventory' } },
];

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
        setImmediate(() => void askForPoints(rpc, points).then(note));
        return { status: 'Pending', currentTime: host.now().toISOString(), interval: COME_BACK_SECONDS };
      }
      if (call.action === 'NotifyReport' && said && payload['requestId'] === REPORT) {
        for (const evse of evsesIn(payload)) add(points, evse);
        note();
        return {};
      }
      const number = payload[rpc.protocol === 'ocpp1.6' ? 'connectorId' : 'evseId'];
      if (typeof number === 'number') add(points, number);
      note();
      throw new CallRefusal('SecurityError', 'this station is not adopted yet');
    },
    onAnswer: () => undefined,
    onRepeated: () => undefined,
    onUntaken: () => undefined,
    onBadFrame: () => rpc.close(1002, 'a frame is no OCPP'),
    onSent: () => undefined,
    onAlive: () => undefined,
    onBroken: () => undefined,
    onClosed: () => clearTimeout(leave),
  };
}

function checked(rpc: RpcConnection, { action, payload }: InboundCall, maxDepth: number): JsonObject {
  const known =
    action === 'BootNotification' ||
    action === 'StatusNotification' ||
    (action === 'NotifyReport' && rpc.protocol !== 'ocpp1.6');
  const flaw = flawOf(payload, maxDepth);
  if (flaw || !known || validatorOf(schemaName(rpc.protocol, action))(payload).length > 0)
    throw new CallRefusal('SecurityError', 'this station is not adopted yet');
  return payload as JsonObject;
}

/** Counts a point as far as the number can be one. */
function add(points: Set<number>, number: number): void {
  if (number > 0 && points.size < MOST_POINTS) points.add(number);
}

/** The EVSEs that the components of a valid NotifyReport belong to. */
function evsesIn(report: JsonObject): number[] {
  const data = (report['reportData'] ?? []) as { component: { evse?: { id: number } } }[];
  return data.flatMap(({ component }) => component.evse?.id ?? []);
}

/** 1.6 tells by a configuration key, 2.x by a report. What does not tell is known by what it shows by itself. */
async function askForPoints(rpc: RpcConnection, points: Set<number>): Promise<void> {
  if (rpc.protocol !== 'ocpp1.6') {
    for (const { action, payload } of REPORTS)
      if ((await answerTo(rpc, action, payload))?.['status'] === 'Accepted') return;
    return;
  }
  const answer = await answerTo(rpc, 'GetConfiguration', { key: ['NumberOfConnectors'] });
  const keys = answer?.['configurationKey'];
  // Nothing else was asked for; what a stranger answers is not checked, so it may be anything.
  const [found] = Array.isArray(keys) ? (keys as (JsonObject | null)[]) : [];
  const count = Math.min(Number(found?.['value'] ?? 0) || 0, MOST_POINTS);
  for (let number = 1; number <= count; number++) points.add(number);
}

/** The answer to a question; undefined if the stranger refuses it or stays silent, which it may. */
async function answerTo(
  rpc: RpcConnection,
  action: string,
  payload: JsonObject,
): Promise<JsonObject | undefined> {
  try {
    const answer = await rpc.call(action, payload, ASK_MS);
    return typeof answer === 'object' && answer !== null ? (answer as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
