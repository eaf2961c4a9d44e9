/** Orders that an earlier run of the bridge began and whose outcome it could not write down any more. */
import type {
  DepotState,
  JournalId,
  ProcessId,
  ProcessState,
  RequestState,
  StationState,
} from '../domain/index.js';
import { requestOf } from '../domain/index.js';
import type { Journal } from '../journal/index.js';

/** The action under which an intent to end a transaction is journalled. */
export const STOP_INTENT = 'Intent StopTransaction';

/**
 * Whether a presystem wants the running transaction of a process ended, and the station has not been told: it was
 * not asked, or did not answer and has come back since.
 */
export function isStopDue(
  process: ProcessState,
  request: RequestState | undefined,
  station: StationState | undefined,
): boolean {
  if (request?.status !== 'stopping') return false;
  const { stop } = process;
  return !stop || (stop.value.outcome === 'failed' && station !== undefined && stop.at < station.link.at);
}

/** Running processes whose stop is due, with the request that demands it. */
export function stopsDue(state: DepotState): { process: ProcessState; request: RequestState }[] {
  return state.processes.values().flatMap((process) => {
    if (!process.transactionId || process.endedAt) return [];
    const request = requestOf(state, process);
    return request && isStopDue(process, request, state.stations.get(process.stationId))
      ? [{ process, request }]
      : [];
  });
}

/** The newest intent to stop each process, if one was journalled: it is carried on, not given anew. */
export async function unfinishedStops(
  journal: Journal,
  due: ReturnType<typeof stopsDue>,
): Promise<Map<ProcessId, JournalId>> {
  const found = new Map<ProcessId, JournalId>();
  for (const { process, request } of due) {
    const { children } = await journal.traceForward(request.source.raw, { maxDepth: 1 });
    for (const { entry } of children) {
      if (entry.action !== STOP_INTENT) continue;
      const { processId } = JSON.parse(entry.raw) as { processId?: string };
      if (processId === process.processId) found.set(processId, entry.id);
    }
  }
  return found;
}
