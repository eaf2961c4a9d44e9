/** The journal over HTTP: list, read, trace, and a live stream over WebSocket. */
import type { FastifyInstance } from 'fastify';
import type { Runtime } from '../depot/index.js';
import type { JournalDirection, JournalEntry, JournalFilter, JournalProtocol } from '../journal/index.js';

const MOST = 1000;

interface ListQuery {
  after?: string;
  from?: string;
  to?: string;
  link?: string;
  protocol?: JournalProtocol;
  direction?: JournalDirection;
  except?: JournalDirection;
  action?: string;
  count?: number;
  reverse?: boolean;
  chars?: number;
  fields?: boolean;
}

const listQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    after: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    link: { type: 'string' },
    protocol: { type: 'string' },
    direction: { enum: ['in', 'out', 'internal'] },
    except: { enum: ['in', 'out', 'internal'] },
    action: { type: 'string' },
    count: { type: 'integer', minimum: 1, maximum: MOST, default: 100 },
    reverse: { type: 'boolean' },
    chars: { type: 'integer', minimum: 1 },
    fields: { type: 'boolean', default: true },
  },
} as const;

export function registerJournalRoutes(app: FastifyInstance, { depot }: Runtime): void {
  const { journal } = depot;
  app.get<{ Querystring: ListQuery }>(
    '/api/v1/journal',
    {
      schema: {
        summary:
          'Journal entries, oldest first; no more after those whose payloads have `chars` characters; with `fields=false` their lists of field origins are empty',
        querystring: listQuery,
      },
    },
    async (request) => {
      const { chars = Number.POSITIVE_INFINITY, fields, ...filter } = request.query;
      const entries: JournalEntry[] = [];
      let weight = 0;
      for await (const entry of journal.entries(filter as JournalFilter)) {
        entries.push(fields === false && 'fields' in entry ? { ...entry, fields: [] } : entry);
        weight += entry.raw.length;
        if (weight >= chars) break;
      }
      return entries;
    },
  );
  app.get<{ Params: { id: string } }>(
    '/api/v1/journal/:id',
    { schema: { summary: 'One entry, raw payload included' } },
    async (request) => journal.read(request.params.id),
  );
  app.get<{ Params: { id: string }; Querystring: { direction?: 'back' | 'forward' } }>(
    '/api/v1/journal/:id/trace',
    {
      schema: {
        summary: 'The tree back to the raw frames, or forward to all that an entry touched',
        querystring: {
          type: 'object',
          properties: { direction: { enum: ['back', 'forward'], default: 'back' } },
        },
      },
    },
    async (request) =>
      request.query.direction === 'forward'
        ? journal.traceForward(request.params.id)
        : journal.traceBack(request.params.id),
  );
  app.get('/api/v1/live', { websocket: true, schema: { hide: true } }, (socket) => {
    const stop = journal.onEntry((entry) => {
      // A reader that does not keep up misses entries; it can read them from the journal.
      if (socket.bufferedAmount < 4 * 1024 * 1024) socket.send(JSON.stringify(entry));
    });
    socket.on('close', stop);
  });
}
