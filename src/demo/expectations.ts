/** What must have come out of the night. A missing one fails the demo. */
import type { Depot } from '../depot/index.js';
import type { Ledger } from './ledger.js';
import type { Peers } from './peers.js';

export interface Expectation {
  readonly what: string;
  readonly met: boolean;
}

export function expectations(ledger: Ledger, peers: Peers, depot: Depot): Expectation[] {
  return [...charging(ledger, depot), ...upstream(ledger), ...roaming(peers), ...energies(peers, depot)];
}

function charging(ledger: Ledger, depot: Depot): Expectation[] {
  const accepted = (identity: string) =>
    ledger.find({ link: `ocpp:${identity}`, direction: 'out', action: 'SetChargingProfile' }).length > 0 &&
    ledger
      .find({ link: 'bridge', action: 'LimitAnswered' })
      .some((entry) => entry.raw.includes('"accepted"') && entry.raw.includes(identity.slice(3)));
  const unlimited = depot.state.stations.get('N2')?.points['N2-2']?.limit;
  return [
    { what: 'CP-N1 (1.6J) takes a limit from a request', met: accepted('CP-N1') },
    { what: 'CP-N2 (1.6J) takes a limit from a request', met: accepted('CP-N2') },
    { what: 'CP-N3 (2.0.1) takes a limit from a request', met: accepted('CP-N3') },
    { what: 'N2-2 gets no limit, because nobody knows its battery', met: unlimited === undefined },
  ];
}

function upstream(ledger: Ledger): Expectation[] {
  const toBms = ledger.find({ link: 'vdv463:BMS-1', direction: 'out', action: 'ProvideChargingInformation' });
  const toItcs = ledger.find({
    link: 'vdv463:ITCS-1',
    direction: 'out',
    action: 'ProvideChargingInformation',
  });
  const told = (entries: typeof toBms, ...words: string[]) =>
    entries.some((entry) => words.every((word) => entry.raw.includes(word)));
  return [
    {
      what: 'the BMS sees its request charging, in 1.1.0',
      met: told(toBms, '"chargingRequestId":"CR-1"', '"processStatus":"Charging"', '"presentPower"'),
    },
    {
      what: 'the ITCS sees the same depot, in 2.0.0',
      met: told(toItcs, '"chargingPredictionDataStatus"', '"processStatus":"Charging"'),
    },
    {
      what: 'both see the ground failure at N2-1',
      met: [toBms, toItcs].every((entries) =>
        told(entries, '"chargingPointStatus":"Faulted"', '"chargingPointFaultInfo"'),
      ),
    },
    { what: 'the ITCS sees its ad hoc order at N2-2', met: told(toItcs, '"chargingRequestId":"ADHOC-1"') },
    {
      what: 'every information was confirmed',
      met:
        ledger.find({ protocol: 'vdv463', direction: 'in', action: 'ProvideChargingInformation' }).length >=
        toBms.length + toItcs.length - 2,
    },
  ];
}

function roaming({ emsp }: Peers): Expectation[] {
  const [location] = [...emsp.locations.values()];
  const [session] = [...emsp.sessions.values()];
  const [cdr] = [...emsp.cdrs.values()];
  const evses = (location?.['evses'] as { status?: string }[] | undefined) ?? [];
  return [
    {
      what: 'the partner sees one location with one EVSE',
      met: emsp.locations.size === 1 && evses.length === 1,
    },
    {
      what: 'the partner sees one session, completed, with energy',
      met: emsp.sessions.size === 1 && session?.['status'] === 'COMPLETED' && Number(session['kwh']) > 0,
    },
    {
      what: 'the partner gets one bill for it, by the tariff it knows, for the same energy',
      met:
        emsp.cdrs.size === 1 &&
        emsp.tariffs.size === 1 &&
        cdr?.['session_id'] === session?.['id'] &&
        Math.abs(Number(cdr?.['total_energy']) - Number(session?.['kwh'])) < 0.0001 &&
        Number((cdr?.['total_cost'] as { excl_vat?: number } | undefined)?.excl_vat) > 0.5,
    },
  ];
}

/** Every transaction that a charger saw acknowledged is in the bridge once, with its energy. */
function energies({ chargers }: Peers, depot: Depot): Expectation[] {
  const held = depot.state.processes.values();
  return Object.entries(chargers).map(([id, charger]) => {
    const told = charger.acknowledgedTransactions();
    const right = told.every((transaction) => {
      const same = held.filter(
        (process) =>
          process.stationId === id && process.transactionId?.value === String(transaction.transactionId),
      );
      return (
        same.length === 1 && Math.abs((same[0]?.deliveredWh?.value ?? -1) - (transaction.energyWh ?? 0)) <= 1
      );
    });
    return {
      what: `${id}: ${told.length} transactions, each once, with the energy the charger counted`,
      met: told.length > 0 && right,
    };
  });
}
