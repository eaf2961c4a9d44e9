/** Tells partners of tariffs: PUT of the whole tariff, DELETE when no grant names it any more (2.2.1 tariffs §2.2). */
import { isSuccess, type PartnerClient, type Party } from './client.js';
import { type Courier, isUnknownThere, outcomeOf } from './courier.js';
import type { Maker } from './maker.js';
import type { PushOutcome } from './out-box.js';
import type { Registration } from './partners.js';
import { endpointUrl } from './version.js';
import type { World } from './world.js';

export interface TariffCourierOptions {
  readonly party: Party;
  readonly client: PartnerClient;
  readonly maker: Maker;
}

/** Tariffs go before the connectors that name them, and are deleted after these no longer do. */
export function tariffCouriers(options: TariffCourierOptions): Courier[] {
  return [
    {
      kind: 'tariff',
      turn: 'first',
      due: ({ shelves }) =>
        shelves.tariffs
          .entries()
          .flatMap(([id, { view, pushed, withdrawn }]) =>
            !withdrawn && pushed !== view.lastUpdated ? [id] : [],
          ),
      send: (world, id) => put(world, id, options),
    },
    {
      kind: 'withdrawn-tariff',
      turn: 'last',
      due: ({ shelves }) =>
        shelves.tariffs.entries().flatMap(([id, { withdrawn }]) => (withdrawn ? [id] : [])),
      send: (world, id) => remove(world, id, options),
    },
  ];
}

async function put(world: World, id: string, options: TariffCourierOptions): Promise<PushOutcome> {
  const registration = world.partner.settled;
  const told = world.shelves.tariffs.get(id);
  if (!registration || !told || told.withdrawn || told.pushed === told.view.lastUpdated) return 'done';
  const { version } = registration;
  if (!world.tariffs(version).some(({ view }) => view.tariffId === id)) return 'done';
  const made = options.maker.make(version, 'tariff', told.view, told.sources);
  const url = urlOf(registration, id, options);
  if (!made || url === undefined) return 'done';
  const { value: body, lineage } = made;
  const answer = await options.client.call({
    ...callOf(world, registration),
    url,
    method: 'PUT',
    action: 'PUT tariffs',
    body,
    lineage,
  });
  if (!isSuccess(answer)) return outcomeOf(answer);
  const now = world.shelves.tariffs.get(id);
  if (now) await world.shelves.tariffs.set(id, { ...now, pushed: told.view.lastUpdated });
  return 'done';
}

async function remove(world: World, id: string, options: TariffCourierOptions): Promise<PushOutcome> {
  const registration = world.partner.settled;
  const url = registration && urlOf(registration, id, options);
  if (!registration || !world.shelves.tariffs.get(id)?.withdrawn) return 'done';
  if (url !== undefined) {
    const lineage = { causes: [] };
    const answer = await options.client.call({
      ...callOf(world, registration),
      url,
      method: 'DELETE',
      action: 'DELETE tariffs',
      lineage,
    });
    if (!isSuccess(answer) && !isUnknownThere(answer)) return outcomeOf(answer);
  }
  if (world.shelves.tariffs.get(id)?.withdrawn) await world.shelves.tariffs.delete(id);
  return 'done';
}

function urlOf({ endpoints }: Registration, id: string, { party }: TariffCourierOptions): string | undefined {
  const endpoint = endpointUrl(endpoints, 'tariffs', 'RECEIVER');
  return endpoint && `${endpoint}/${party.countryCode}/${party.partyId}/${encodeURIComponent(id)}`;
}

function callOf({ partner }: World, { version, clientToken }: Registration) {
  return { partnerId: partner.id, host: partner.host, clientToken, version, to: partner.mainParty };
}
