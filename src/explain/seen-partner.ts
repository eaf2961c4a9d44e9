/** A charging point as a roaming partner sees it: the status of the EVSE, and the session if it is of its guest. */
import { type Bay, type Case, sinceText } from './case.js';
import { decidedBy } from './decisive.js';
import type { Draft } from './finding.js';
import { lastTelling, receiptOf } from './told.js';
import { linkOf, nameOf, type Viewer } from './viewers.js';

type Partner = Extract<Viewer, { kind: 'partner' }>;

/** Never leaves for a partner (design: private by default). */
const PRIVATE = 'never told to partners: vehicle, state of charge, power, limit, request, faults';

export async function seenByPartner(one: Case, viewer: Partner, bay: Bay): Promise<Draft[]> {
  const { lens, roamers } = viewer;
  const { past } = one;
  const { pointId } = bay.point;
  const place = lens.placeOf(pointId);
  if (!place)
    return [
      {
        field: 'status',
        sentence: `${nameOf(viewer)} sees nothing of ${pointId}: no grant in the configuration names it`,
      },
    ];
  const seen = lens.evse(past.look.state, place, roamers.isGuest, past.look.generation, past.at);
  if (!seen.ok) return [{ field: 'status', sentence: `the EVSE is withheld: ${seen.code}, ${seen.message}` }];
  const rule = seen.provenance.ruleOf('status');
  const why = decidedBy(rule === undefined ? undefined : one.places.get(rule), seen.view.value, bay, one);
  const since = past.history.since('seen status');
  const value = String(seen.value['status']);
  const when = sinceText(one, since);
  const head = `${value}${when ? `, ${when}` : ''}`;
  const status: Draft = {
    field: 'status',
    value,
    sentence: why ? `${head}: ${why.text}` : head,
    ...(since ? { since: { at: since.at, ...(since.id === undefined ? {} : { id: since.id }) } } : {}),
    sources: why?.sources ?? [],
    ...(rule === undefined ? {} : { writtenBy: [rule] }),
  };
  return [
    ...registration(viewer),
    await withTold(one, viewer, place.evseUid, status),
    ...(await session(one, viewer, bay)),
    { field: 'private', sentence: PRIVATE },
  ];
}

async function withTold(one: Case, viewer: Partner, uid: string, draft: Draft): Promise<Draft> {
  const told = await lastTelling(one.recording, one.past, linkOf(viewer), uid);
  if (!told) {
    const never = `nothing of it was told to ${viewer.id} in the two days before, nor did it ask`;
    return { ...draft, sentence: `${draft.sentence}; ${never}` };
  }
  return { ...draft, told: await receiptOf(one.recording, told, draft.field, one.past.at) };
}

function registration({ lens, id }: Partner): Draft[] {
  if (lens.isRegistered) return [];
  return [
    {
      field: 'connection',
      value: 'none',
      sentence: `${id} is not registered, so it is told nothing; this is what it would see`,
    },
  ];
}

async function session(one: Case, viewer: Partner, { process }: Bay): Promise<Draft[]> {
  if (!process || process.closedAt) return [];
  const { lens } = viewer;
  const { past } = one;
  const seen = lens.session(process, past.look.generation, past.at);
  if (!seen) {
    const sentence =
      'no session: the charging there is of no guest of this partner, so it does not exist for it';
    return [{ field: 'session', sentence }];
  }
  if (!seen.ok) return [{ field: 'session', sentence: `the session is withheld: ${seen.message}` }];
  const rule = seen.provenance.ruleOf('status');
  const value = String(seen.value['status']);
  const draft: Draft = {
    field: 'status',
    value,
    sentence: `session ${process.processId} is ${value} with ${String(seen.value['kwh'])} kWh`,
    sources: Object.values(seen.view.sources),
    ...(rule === undefined ? {} : { writtenBy: [rule] }),
  };
  return [{ ...(await withTold(one, viewer, process.processId, draft)), field: 'session' }];
}
