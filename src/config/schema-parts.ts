/** What the schema of the configuration is made of. */
export const id = { type: 'string', pattern: '^[A-Za-z0-9._:/*+-]{1,64}$' } as const;
export const text = { type: 'string', minLength: 1 } as const;
export const dataPath = { type: 'string', pattern: '^data(\\.[^.]+)*$' } as const;
export const port = { type: 'integer', minimum: 0, maximum: 65535 } as const;
export const seconds = (byDefault: number) =>
  ({ type: 'number', exclusiveMinimum: 0, default: byDefault }) as const;
export const ref = (name: string) => ({ $ref: `#/$defs/${name}` }) as const;
export const list = (items: object, more: object = {}) => ({ type: 'array', items, ...more }) as const;
export const object = (
  description: string,
  required: readonly string[],
  properties: Record<string, object>,
) => ({ description, type: 'object', additionalProperties: false, required, properties }) as const;
