import { PresystemError } from './errors.js';
import type { ChargingInstruction, ChargingRequest, Dialect } from './messages.js';

/** A change to a request: new values by field; the request data are merged. */
export type RequestChange = Partial<Omit<ChargingRequest, 'chargingRequestId' | 'chargingRequestData'>> & {
  readonly chargingRequestData?: Partial<ChargingRequest['chargingRequestData']>;
};

/**
 * The list of charging requests an upstream system wants fulfilled. The wire knows the whole list only (rule 36),
 * so every change of one request gives a new list.
 */
export class RequestList {
  readonly #dialect: Dialect;
  #requests: ReadonlyMap<string, ChargingRequest> = new Map();

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  get all(): readonly ChargingRequest[] {
    return [...this.#requests.values()];
  }

  /** Replaces the list. The same id twice stays twice out of reach: the later entry wins. */
  set(requests: readonly ChargingRequest[]): void {
    this.#requests = new Map(requests.map((request) => [request.chargingRequestId, request]));
  }

  /** Adds a request, or replaces the one with its id. */
  order(request: ChargingRequest): void {
    this.#put(this.#instruct(request, 'Normal'));
  }

  /** @throws PresystemError if the id is not in the list */
  change(id: string, change: RequestChange): void {
    const before = this.#get(id);
    const chargingRequestData = { ...before.chargingRequestData, ...change.chargingRequestData };
    this.#put(this.#instruct({ ...before, ...change, chargingRequestData }, 'Changed'));
  }

  /** Ends a request that may be running: an instruction in 1.x, leaving it out in 2.0, which has no instruction. */
  terminate(id: string): void {
    if (this.#dialect === '2.0.0') this.withdraw(id);
    else this.#put(this.#instruct(this.#get(id), 'Terminate'));
  }

  /** Leaves a request out from now on. */
  withdraw(id: string): void {
    this.#get(id);
    this.#requests = new Map([...this.#requests].filter(([key]) => key !== id));
  }

  #get(id: string): ChargingRequest {
    const request = this.#requests.get(id);
    if (!request) throw new PresystemError('not-expressible', `no charging request ${id} in the list`);
    return request;
  }

  #put(request: ChargingRequest): void {
    this.#requests = new Map([...this.#requests, [request.chargingRequestId, request]]);
  }

  #instruct(request: ChargingRequest, chargingInstruction: ChargingInstruction): ChargingRequest {
    if (this.#dialect !== '2.0.0') return { ...request, chargingInstruction };
    const { chargingInstruction: _none, ...rest } = request;
    return rest;
  }
}
