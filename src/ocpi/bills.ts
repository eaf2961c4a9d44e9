/** Tariffs and charge detail records, as their sender (2.2.1 tariffs §2.1, cdrs §2.1): each partner gets its own. */
import type { CdrView, TariffView } from '../domain/index.js';
import { type ModuleContext, madeOrNothing } from './locations.js';
import { listLineage } from './maker.js';
import { pageOf } from './pages.js';
import type { Answer, Heard, OcpiServer } from './server.js';
import type { Shown } from './world.js';

export function addBills(server: OcpiServer, context: ModuleContext): void {
  server.route('GET', '/:version/tariffs', 'tariffs', 'functional', (heard) => {
    const tariffs = context.roaming.worldOf(heard.partner).tariffs(heard.version);
    return list(heard, context, 'tariff', tariffs, ({ tariffId }: TariffView) => tariffId);
  });
  server.route('GET', '/:version/cdrs', 'cdrs', 'functional', (heard) => {
    const cdrs = context.roaming.worldOf(heard.partner).cdrs(heard.version);
    return list(heard, context, 'cdr', cdrs, ({ cdrId }: CdrView) => cdrId);
  });
}

function list<T extends TariffView | CdrView>(
  heard: Heard,
  { maker, baseUrl }: ModuleContext,
  name: 'tariff' | 'cdr',
  shown: readonly Shown<T>[],
  idOf: (view: T) => string,
): Answer {
  const { version } = heard;
  const all = shown.map((each) => ({ ...each, id: idOf(each.view), lastUpdated: each.view.lastUpdated }));
  const page = pageOf(all, heard, `${baseUrl()}/${version}/${name}s`);
  const made = page.items.flatMap(({ view, sources }) =>
    madeOrNothing(() => maker.make(version, name, view, sources)),
  );
  return {
    data: made.map(({ value }) => value),
    lineage: listLineage(made),
    headers: page.headers,
  };
}
