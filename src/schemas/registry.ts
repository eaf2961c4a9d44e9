/** One message or definition, self-contained. */
export interface MessageSchema {
  readonly name: string;
  /** Draft-07 JSON Schema; every `$ref` points inside it (`#/definitions/…` or `#/$defs/…`). */
  readonly schema: Readonly<Record<string, unknown>>;
  /** Unit by schema path (`meterStart` → `Wh`, `chargingProcessInfo.electricData.chargingPower` → `kW`). */
  readonly units: Readonly<Record<string, string>>;
  /** Declared decimals by schema path, where the receiver rounds (`0` for integers is implied). */
  readonly decimals: Readonly<Record<string, number>>;
  /** Known words of free-text paths (2.0.1 component and variable names): the checker spells against them. */
  readonly vocabulary: Readonly<Record<string, readonly string[]>>;
}

/** One reason why a payload does not fit its schema. */
export interface ValidationIssue {
  /** Path in the payload, `/meterValue/0/sampledValue`. Empty = the payload itself. */
  readonly path: string;
  /** The schema keyword that failed: `required`, `enum`, `type`, `additionalProperties`, `maxLength` … */
  readonly keyword: string;
  readonly message: string;
}

/** Returns an empty list if the payload fits. Never changes the payload. */
export type Validator = (payload: unknown) => readonly ValidationIssue[];

/** The schema of this name, or undefined. */
export declare function schemaOf(name: string): MessageSchema | undefined;
/** Every name (without `:path` forms), optionally of one space. */
export declare function schemaNames(space?: string): string[];
/** Compiled once per name and kept. @throws RangeError for an unknown name */
export declare function validatorOf(name: string): Validator;
