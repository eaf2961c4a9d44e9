/** Where the schemas shipped with ocpp-rpc depart from the standard's text, and what we do about it. */
export interface Correction {
  readonly space: 'ocpp16' | 'ocpp201' | 'ocpp21';
  readonly message: string;
  readonly reason: string;
  apply(schema: Record<string, unknown>): void;
}

export const corrections: readonly Correction[] = [];
