/** Tells the night as it happens; each line names the frame behind it. */
import type { Change, Depot } from '../depot/index.js';
import type { DepotState, DomainEvent } from '../domain/index.js';
import type { JournalEntry } from '../journal/index.js';
import type { Ledger } from './ledger.js';

type Telling = {
  [K in DomainEvent['type']]?: (
    event: Extract<DomainEvent, { type: K }>,
    change: Change,
  ) => string | undefined;
};

const kilowatts = (watts: number | undefined) =>
  watts === undefined ? '–' : `${(watts / 1000).toFixed(1)} kW`;

const tellings: Telling = {
  StationBooted: ({ stationId, payload }) =>
    `${stationId} introduces itself: ${payload.vendor} ${payload.model}`,
  PointStatusReported: ({ payload }) =>
    `${payload.pointId} is ${payload.status}${payload.phase ? `, ${payload.phase}` : ''}`,
  FaultReported: ({ payload, stationId }, { before }) =>
    !payload.active && !hadFault(before, stationId, payload.pointId, payload.key)
      ? undefined
      : `${payload.pointId ?? stationId} ${payload.active ? `has a fault: ${payload.pointFaultCode ?? payload.stationFaultCode} (${payload.text ?? 'no text'})` : 'has no fault any more'}`,
  TransactionStarted: ({ payload }) =>
    `${payload.pointId} begins a transaction for ${payload.vehicleId ?? payload.token ?? 'somebody'}`,
  TransactionEnded: ({ payload, stationId }, { after }) => {
    const processId = after.stations.get(stationId)?.transactions[payload.transactionId];
    const process = processId ? after.processes.get(processId) : undefined;
    const kwh = process?.deliveredWh
      ? `${(process.deliveredWh.value / 1000).toFixed(1)} kWh`
      : 'energy unknown';
    return `${process?.pointId ?? stationId} ends its transaction: ${kwh}, ${payload.stopReason ?? 'no reason given'}`;
  },
  RequestListReceived: ({ presystemId, payload }) =>
    `${presystemId} sends its list: ${payload.requests.map((request) => request.chargingRequestId).join(', ') || 'empty'}`,
  LimitAnswered: ({ payload }) =>
    `${payload.pointId} ${payload.outcome === 'accepted' ? 'takes' : `does not take (${payload.reason ?? payload.outcome})`} a limit: ${payload.steps
      .slice(0, 3)
      .map((step) => `${kilowatts(step.powerW)} from ${step.at.slice(11, 16)}`)
      .join(', ')}`,
  DefaultLimitAnswered: ({ payload }) =>
    `${payload.pointId} ${payload.outcome === 'accepted' ? 'takes' : `does not take (${payload.reason ?? payload.outcome})`} a limit for whoever plugs in: ${kilowatts(payload.steps[0]?.powerW)}`,
  StopAnswered: ({ payload, stationId }) => `${stationId} is told to stop: ${payload.outcome}`,
};

function hadFault(state: DepotState, stationId: string, pointId: string | undefined, key: string): boolean {
  const station = state.stations.get(stationId);
  const faults = pointId ? station?.points[pointId]?.faults : station?.faults;
  return Boolean(faults?.[key]?.value);
}

/** Starts telling; `write` gets one line at a time. */
export function tell(depot: Depot, ledger: Ledger, write: (line: string) => void, now: () => Date): void {
  const said = new Map<string, string>();
  depot.onChange((change) => {
    for (const event of change.events) {
      const telling = tellings[event.type] as
        | ((event: DomainEvent, change: Change) => string | undefined)
        | undefined;
      const line = telling?.(event, change);
      const key = `${event.type} ${'stationId' in event ? event.stationId : ''}`;
      if (!line || said.get(key) === line) continue;
      said.set(key, line);
      write(`${clockOf(now())}  ${line}  ${behind(ledger.entry(event.raw), event.raw)}`);
    }
  });
  depot.journal.onEntry((entry) => {
    const told = roaming(entry);
    // A session that only counts on is no news.
    const kind = told?.replace(/,? [\d.]+ kWh$/, '');
    if (!told || said.get('roaming') === kind) return;
    said.set('roaming', kind ?? '');
    write(`${clockOf(now())}  ${told}  ${behind(entry, entry.id)}`);
  });
}

/** What partners are told and ask for; answers, and how they look things up, are left out. */
function roaming(entry: JournalEntry): string | undefined {
  if (entry.protocol !== 'ocpi' || !entry.http || entry.http.status !== undefined) return undefined;
  const partner = entry.link.replace('ocpi:', '');
  if (entry.direction === 'in' && /^(POST|PUT|DELETE)/.test(entry.action))
    return `${partner} sends ${entry.action}`;
  if (entry.direction === 'out' && /^(PUT|PATCH)/.test(entry.action))
    return `${partner} is told: ${entry.action} ${summary(entry.raw)}`;
  return undefined;
}

function summary(raw: string): string {
  const { status, kwh } = JSON.parse(raw) as { status?: string; kwh?: number };
  return [status, kwh === undefined ? undefined : `${kwh} kWh`].filter(Boolean).join(', ');
}

/** The time of the night, as a heading for a scene too. */
export function clockOf(instant: Date): string {
  return instant.toISOString().slice(11, 16);
}

function behind(entry: JournalEntry | undefined, id: string): string {
  if (!entry) return `⟵ ${id}`;
  return `⟵ ${entry.link} ${entry.action} ${id}`;
}
