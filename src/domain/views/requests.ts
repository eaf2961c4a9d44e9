/** The requests of all presystems, found by what a view asks for; made once per view. */
import { byClaim } from '../reduce/match.js';
import type { DepotState, PointId, ProcessId, ProcessState, RequestKey, RequestState } from '../state.js';

export class RequestsOfDepot {
  readonly #byKey = new Map<RequestKey, RequestState>();
  readonly #atPoint = new Map<PointId, RequestState[]>();
  readonly #forProcess = new Map<ProcessId, RequestState[]>();
  readonly #forVehicle = new Map<string, RequestState[]>();

  constructor(state: DepotState) {
    for (const presystem of Object.values(state.presystems)) {
      for (const request of Object.values(presystem.requests)) {
        this.#byKey.set(request.key, request);
        if (request.status === 'pending' && !request.processId) this.#file(request);
      }
    }
  }

  /** The request that a process serves. */
  of(process: ProcessState): RequestState | undefined {
    const key = process.requestKey?.value;
    return key === undefined ? undefined : this.#byKey.get(key);
  }

  /** Requests that wait for this point, this process or this vehicle, in the order of their claims. */
  waiting(pointId: PointId, processId: ProcessId | undefined, vehicleId: string | undefined): RequestState[] {
    const found = [
      ...(this.#atPoint.get(pointId) ?? []),
      ...(processId === undefined ? [] : (this.#forProcess.get(processId) ?? [])),
      ...(vehicleId === undefined ? [] : (this.#forVehicle.get(vehicleId) ?? [])),
    ];
    return found.sort(byClaim);
  }

  /** A named point says more than a named process, and that more than the vehicle. */
  #file(request: RequestState): void {
    const { chargingPointId, chargingProcessId, vehicleId } = request.request;
    if (chargingPointId) add(this.#atPoint, chargingPointId, request);
    else if (chargingProcessId) add(this.#forProcess, chargingProcessId, request);
    else add(this.#forVehicle, vehicleId, request);
  }
}

function add(into: Map<string, RequestState[]>, key: string, request: RequestState): void {
  const list = into.get(key);
  if (list) list.push(request);
  else into.set(key, [request]);
}
