/** Sessions, as their sender (2.2.1 sessions §2.2.1): each partner gets those of its own tokens. */
import { type ModuleContext, madeOrNothing } from './locations.js';
import { listLineage } from './maker.js';
import { pageOf } from './pages.js';
import type { Answer, Heard, OcpiServer } from './server.js';
import { tellable } from './world.js';

export function addSessions(server: OcpiServer, context: ModuleContext): void {
  server.route('GET', '/:version/sessions', 'sessions', 'functional', (heard) => list(heard, context));
}

function list(heard: Heard, { roaming, maker, baseUrl }: ModuleContext): Answer {
  const { partner, version } = heard;
  roaming.refresh();
  const all = roaming
    .worldOf(partner)
    .sessions()
    .filter(({ view }) => tellable(version, view.location))
    .map((shown) => ({ ...shown, id: shown.view.sessionId, lastUpdated: shown.view.lastUpdated }));
  const page = pageOf(all, heard, `${baseUrl()}/${version}/sessions`, { dateFromRequired: true });
  const made = page.items.flatMap(({ view, sources }) =>
    madeOrNothing(() => maker.make(version, 'session', view, sources)),
  );
  return {
    data: made.map(({ value }) => value),
    lineage: listLineage(made),
    headers: page.headers,
  };
}
