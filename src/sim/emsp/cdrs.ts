import type { FastifyInstance } from 'fastify';
import { billProblems } from './bill.js';
import type { OcpiObject } from './messages.js';
import type { ObjectMirror } from './mirror.js';
import { OK, route, type ServerContext, schemaProblem, UNKNOWN } from './server.js';

const FUNCTIONAL = { functional: true };

/** CDRs are POSTed once, and can be read where the answer says. */
export function addCdrs(app: FastifyInstance, context: ServerContext, mirror: ObjectMirror): void {
  route(app, context, 'POST', '/ocpi/:version/cdrs', FUNCTIONAL, (heard) => {
    const problem = schemaProblem(heard, 'CDR');
    if (problem) return problem;
    const cdr = heard.body as OcpiObject;
    // 2.1.1 CDRs name no party; the sender of the connection stands for it.
    const [sender] = context.cpoParties() ?? [];
    const country = String(cdr['country_code'] ?? sender?.countryCode ?? '');
    const party = String(cdr['party_id'] ?? sender?.partyId ?? '');
    const id = String(cdr['id']);
    if (mirror.get('cdrs', [country, party, id])) heard.violation('behaviour', `CDR ${id} was POSTed again`);
    for (const message of billProblems(cdr, mirror)) heard.violation('behaviour', message);
    mirror.put('cdrs', [country, party, id], cdr);
    const location = `${heard.url.replace(/\/$/, '')}/${country}/${party}/${encodeURIComponent(id)}`;
    return { ...OK, http: 201, headers: { location: new URL(location, app.listeningOrigin).href } };
  });
  route(app, context, 'GET', '/ocpi/:version/cdrs/:country/:party/:id', FUNCTIONAL, ({ params }) => {
    const { country = '', party = '', id = '' } = params;
    const data = mirror.get('cdrs', [country, party, id]);
    return data ? { ...OK, data } : UNKNOWN;
  });
}
