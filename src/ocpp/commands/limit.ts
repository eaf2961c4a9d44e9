/** A limit as the call SetChargingProfile: amounts by arithmetic, fields and words by tables. */
import type { PointConfig } from '../../config/index.js';
import type { Runtime } from '../../depot/index.js';
import type { LimitCommand, LimitStep, PointId } from '../../domain/index.js';
import { BridgeError } from '../../errors/index.js';
import type { JsonObject } from '../../mapping/index.js';
import { type OcppProtocol, tableName } from '../protocol.js';
import type { Call } from './ask.js';
import { type Abilities, scheduleFor } from './schedule.js';

export interface LimitOrder {
  readonly protocol: OcppProtocol;
  readonly number: { readonly connectorId: number } | { readonly evseId: number };
  readonly point: PointConfig;
  /** Absent: the limit is for transactions to come. */
  readonly transactionId: string | undefined;
  readonly steps: readonly LimitStep[];
  readonly abilities: Abilities;
  /** How far the station's clock is ahead of ours, ms: it reads instants by its own. */
  readonly clockAheadMs: number;
  /** Whether it is for the whole station; `number` is 0 then. */
  readonly ofStation?: boolean;
  /** The level to set it at; the highest that the station knows if left out. */
  readonly stackLevel?: number;
  /** When it ends by itself, ms since 1970; absent: with the transaction. */
  readonly endsAtMs?: number;
}

/**
 * Our chargingProfileIds of a point: one for its transaction, one for transactions to come. They differ, because a
 * profile replaces another of the same id, and the end of a transaction would leave the next without a limit. The third is
 * for the whole station of the point.
 */
export function profileIds(
  runtime: Runtime,
  pointId: PointId,
): { transaction: number; default: number; station: number } {
  const points = [...runtime.identity.points.keys()];
  const { charging, stations } = runtime.config.depots[0];
  const transaction = charging.profileIdBase + points.indexOf(pointId);
  const place = stations.findIndex((station) => station.points.some(({ id }) => id === pointId));
  return {
    transaction,
    default: transaction + points.length,
    station: charging.profileIdBase + 2 * points.length + place,
  };
}

/** @throws BridgeError with the table's code if no table can make the call */
export function limitCall(runtime: Runtime, order: LimitOrder): Call {
  const { point, transactionId, abilities, steps, number, protocol, clockAheadMs } = order;
  const { unit, startAt, periods } = scheduleFor(steps, point, abilities, runtime.now().getTime());
  const own = transactionId === undefined ? 'default' : 'transaction';
  const purpose = order.ofStation ? 'station' : own;
  const command: LimitCommand = {
    ...number,
    profileId: profileIds(runtime, point.id)[purpose],
    // The highest level that the station knows wins over what others have set inside the same purpose.
    stackLevel: order.stackLevel ?? abilities.maxStackLevel ?? 0,
    purpose,
    ...(transactionId === undefined || order.ofStation ? {} : { transactionId }),
    unit,
    startAt: inTimeOf(startAt, clockAheadMs),
    ...(order.endsAtMs === undefined
      ? {}
      : { durationS: Math.ceil((order.endsAtMs - Date.parse(startAt)) / 1000) }),
    periods: [...periods],
  };
  return mapped(runtime, protocol, command);
}

/** The same moment as a clock shows it that is ahead by so much; whole seconds stay whole. */
function inTimeOf(at: string, aheadMs: number): string {
  return new Date(Date.parse(at) + Math.floor(aheadMs / 1000) * 1000).toISOString();
}

function mapped(runtime: Runtime, protocol: OcppProtocol, command: LimitCommand): Call {
  const target = tableName(protocol, 'SetChargingProfile');
  const generation = runtime.tables();
  for (const mapping of generation.forMessage('bridge.LimitCommand')) {
    if (mapping.target !== target) continue;
    const [alias = 'c'] = Object.keys(mapping.from);
    const result = mapping.run({ [alias]: command as unknown as JsonObject }, { identity: runtime.identity });
    if (!result) continue;
    if (!result.ok) throw new BridgeError(result.error.code, `${mapping.name}: ${result.error.message}`);
    const rules = result.provenance.rules();
    return { action: 'SetChargingProfile', payload: result.value, rules, repeatable: true };
  }
  throw new BridgeError('MAP_UNKNOWN', `no table makes ${target} of a limit in ${command.unit}`);
}
