import { type ChargingRequest, ERR } from '../../../bms/index.js';
import { type Kit, REQUESTS } from '../kit.js';
import type { Scenario } from '../scenario.js';
import { must } from '../verdicts.js';

/** Some departure ahead. */
export const DEPARTURE = '2031-01-01T04:30:00Z';

/** A list with this entry is confirmed. */
export function confirmed(extra: (kit: Kit) => Partial<ChargingRequest>): Scenario['run'] {
  return async (kit) => {
    const wire = await kit.ready();
    await kit.list(wire, [kit.order('R1', extra(kit))]);
    await kit.clear(wire);
  };
}

/** A list with this entry is an err. */
export function refused(extra: (kit: Kit) => Readonly<Record<string, unknown>>): Scenario['run'] {
  return async (kit) => {
    const wire = await kit.ready();
    const { envelope } = await wire.ask(REQUESTS, {
      chargingRequestList: [{ ...kit.order('R1'), ...extra(kit) }],
    });
    must(envelope.type === ERR, 'it was confirmed');
  };
}

/** Request data with these values. */
export const data = (values: Readonly<Record<string, unknown>>) => ({
  chargingRequestData: {
    minTargetSoc: 80,
    maxTargetSoc: 95,
    ...values,
  } as ChargingRequest['chargingRequestData'],
});

export const automatic = (values: object = {}) => ({
  automaticPreconditioning: { preconditioningRequest: 'HotWaterAndHeating', ...values },
});

export const manual = (values: object = {}) => ({
  manualPreconditioning: {
    hvacPreconditioningStartTime: DEPARTURE,
    systemPreconditioningStartTime: DEPARTURE,
    ...values,
  },
});
