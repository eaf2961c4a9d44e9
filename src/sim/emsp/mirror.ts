import { EventEmitter } from 'node:events';
import type { OcpiObject, PushModule } from './messages.js';

/** Where a pushed object lives: country, party, id, and for parts of a location EVSE uid and connector id. */
export type ObjectPath = readonly [countryCode: string, partyId: string, id: string, ...parts: string[]];

export interface MirrorEvents {
  /** An object is new or different; a part of a location reports the location. */
  readonly stored: [module: PushModule, id: string, object: OcpiObject];
  readonly removed: [module: PushModule, id: string];
}

type Parts = readonly OcpiObject[];

const PARTS: readonly { readonly list: string; readonly id: string }[] = [
  { list: 'evses', id: 'uid' },
  { list: 'connectors', id: 'id' },
];

/** The partner's copy of what a CPO pushed. */
export class ObjectMirror {
  readonly events = new EventEmitter<MirrorEvents>();
  readonly #objects: Record<PushModule, Map<string, OcpiObject>> = {
    locations: new Map(),
    sessions: new Map(),
    cdrs: new Map(),
    tariffs: new Map(),
  };

  /** All objects of a module by their own id. */
  all(module: PushModule): ReadonlyMap<string, OcpiObject> {
    return new Map(
      [...this.#objects[module]].map(([key, object]) => [key.split('/').slice(2).join('/'), object]),
    );
  }

  get(module: PushModule, path: ObjectPath): OcpiObject | undefined {
    const [country, party, id, ...parts] = path;
    const whole = this.#objects[module].get(keyOf(country, party, id));
    return parts.reduce<OcpiObject | undefined>(
      (object, partId, depth) =>
        partsOf(object, depth).find((part) => part[PARTS[depth]?.id ?? ''] === partId),
      whole,
    );
  }

  /** @returns false if the location (or EVSE) the part belongs to is not known */
  put(module: PushModule, path: ObjectPath, body: OcpiObject): boolean {
    return this.#replace(module, path, () => body);
  }

  /** Merges top-level members; periods of a session are appended. @returns false if there is nothing to patch */
  patch(module: PushModule, path: ObjectPath, body: OcpiObject): boolean {
    if (!this.get(module, path)) return false;
    return this.#replace(module, path, (before = {}) => {
      const periods = module === 'sessions' ? body['charging_periods'] : undefined;
      if (!Array.isArray(periods)) return { ...before, ...body };
      const known = before['charging_periods'];
      return { ...before, ...body, charging_periods: [...(Array.isArray(known) ? known : []), ...periods] };
    });
  }

  /** @returns false if it was not there */
  remove(module: PushModule, [country, party, id]: ObjectPath): boolean {
    const removed = this.#objects[module].delete(keyOf(country, party, id));
    if (removed) this.events.emit('removed', module, id);
    return removed;
  }

  #replace(
    module: PushModule,
    [country, party, id, ...parts]: ObjectPath,
    change: (before: OcpiObject | undefined) => OcpiObject,
  ): boolean {
    const key = keyOf(country, party, id);
    const after = replaced(this.#objects[module].get(key), parts, 0, change);
    if (!after) return false;
    this.#objects[module].set(key, after);
    this.events.emit('stored', module, id, after);
    return true;
  }
}

function keyOf(country: string, party: string, id: string): string {
  return `${country.toUpperCase()}/${party.toUpperCase()}/${id}`;
}

function partsOf(object: OcpiObject | undefined, depth: number): Parts {
  const parts = object?.[PARTS[depth]?.list ?? ''];
  return Array.isArray(parts) ? (parts as Parts) : [];
}

/** The object with one part, however deep, changed; every object above takes over its last_updated. */
function replaced(
  object: OcpiObject | undefined,
  parts: readonly string[],
  depth: number,
  change: (before: OcpiObject | undefined) => OcpiObject,
): OcpiObject | undefined {
  const [partId, ...deeper] = parts;
  if (partId === undefined) return change(object);
  const names = PARTS[depth];
  if (!object || !names) return undefined;
  const siblings = partsOf(object, depth);
  const before = siblings.find((part) => part[names.id] === partId);
  const after = replaced(before, deeper, depth + 1, change);
  if (!after) return undefined;
  const list = before ? siblings.map((part) => (part === before ? after : part)) : [...siblings, after];
  return { ...object, [names.list]: list, last_updated: after['last_updated'] ?? object['last_updated'] };
}
