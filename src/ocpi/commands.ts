/** Commands, as their receiver (2.2.1 commands): partners start, stop and unlock, for their own guests only. */
import { createHash, randomUUID } from 'node:crypto';
import type { CommandOutcome, Runtime, StationCommands } from '../depot/index.js';
import {
  currentProcess,
  isOwnFleetWindow,
  type JournalId,
  type PartnerCommandView,
} from '../domain/index.js';
import { BridgeError } from '../errors/index.js';
import { validatorOf } from '../schemas/index.js';
import { checkUrl, logRefusal } from './guard.js';
import { type Guests, identityOf } from './guests.js';
import { isObject, type JsonRecord, sameCi, textIn } from './json.js';
import type { Maker } from './maker.js';
import type { GrantedPlace } from './places.js';
import type { Recorder } from './recorder.js';
import { invalid, unknownObject } from './refusal.js';
import { isUnique, Recent, Work, wordsOf } from './repeats.js';
import type { OpenCommand, Results } from './results.js';
import type { Roaming } from './roaming.js';
import type { Answer, Heard, OcpiServer } from './server.js';
import { readToken } from './tokens.js';
import { schemaName } from './version.js';
import { isOver, tellable } from './world.js';

export interface CommandContext {
  readonly runtime: Runtime;
  readonly commands: StationCommands;
  readonly roaming: Roaming;
  readonly guests: Guests;
  readonly maker: Maker;
  readonly recorder: Recorder;
  readonly results: Results;
  readonly allowPrivate: boolean;
}

type Outcome = PartnerCommandView['outcome'];

/** What is done about a command once its ACCEPTED has gone out. */
interface Taken {
  /** For the intent on record. */
  readonly what: string;
  readonly details: object;
  readonly act: (intent: JournalId) => Promise<CommandOutcome>;
}

type Decide = (
  heard: Heard,
  body: JsonRecord,
  context: CommandContext,
) => Taken | Exclude<Outcome, 'accepted'>;

const COMMANDS: Readonly<Record<string, { readonly className: string; readonly decide: Decide }>> = {
  START_SESSION: { className: 'StartSession', decide: start },
  STOP_SESSION: { className: 'StopSession', decide: stop },
  UNLOCK_CONNECTOR: { className: 'UnlockConnector', decide: unlock },
  RESERVE_NOW: { className: 'ReserveNow', decide: () => 'unsupported' },
  CANCEL_RESERVATION: { className: 'CancelReservation', decide: () => 'unsupported' },
};

/** As long as the table promises in CommandResponse.timeout. */
const TIMEOUT_MS = 60_000;
/** How long an HTTP client may send the same request again. */
const RETRIED_MS = 2 * 60_000;

/** What the charger came to, and where that stands in the journal. */
interface Done {
  readonly outcome: Outcome;
  readonly causes: readonly JournalId[];
}

export function addCommands(server: OcpiServer, context: CommandContext): void {
  const inWork = new Recent<Work<Done>>(2 * TIMEOUT_MS);
  const requests = new Recent<Work<void>>(RETRIED_MS);
  server.route('POST', '/:version/commands/:command', 'commands', 'functional', (heard) => {
    const { command, body, responseUrl } = read(heard, context);
    const words = wordsOf(heard, command);
    const request = isUnique(heard.requestId) ? `${heard.requestId} ${words}` : undefined;
    const accepted = () => respond(heard, command, 'accepted', context);
    // The first answer may have been lost on its way, and all that follows it: whichever arrives begins it.
    const before = request === undefined ? undefined : requests.get(request);
    if (before) return { ...accepted(), delivered: () => before.outcome() };
    const open = { partnerId: heard.partner.id, command, responseUrl, cause: heard.entry };
    const decided = inWork.get(words) ?? decide(heard, command, body, context);
    if (typeof decided === 'string') return respond(heard, command, decided, context);
    const answer = accepted();
    const work =
      decided instanceof Work ? decided : begin(inWork, words, () => carryOut(decided, open, context));
    const told = new Work(() => tellResult(work, open, context));
    if (request !== undefined) requests.set(request, told);
    return { ...answer, delivered: () => told.outcome() };
  });
}

/** @throws BridgeError OCPI_UNKNOWN_OBJECT, OCPI_INVALID, OCPI_ADDRESS_REFUSED */
function read({ params, version, body, partner }: Heard, { allowPrivate, runtime }: CommandContext) {
  const command = params['command'] ?? '';
  const known = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  const schema = known && schemaName(version, known.className);
  if (!schema) throw unknownObject();
  const [issue] = validatorOf(schema, 'inbound')(body);
  if (issue || !isObject(body))
    throw invalid(`${command}: ${issue?.message ?? 'the body must be an object'}`);
  const responseUrl = textIn(body, 'response_url') ?? '';
  try {
    checkUrl(responseUrl, { allowPrivate, host: partner.host });
  } catch (error) {
    const asked = { partner: partner.id, action: `POST commands/${command}`, url: responseUrl };
    if (error instanceof BridgeError) logRefusal(runtime.log, asked, error);
    throw error;
  }
  return { command, body, responseUrl };
}

/** A command is in work from its ACCEPTED until the charger has answered; the same words are no new one before. */
function begin(inWork: Recent<Work<Done>>, words: string, act: () => Promise<Done>): Work<Done> {
  const work: Work<Done> = new Work(() => act().finally(() => inWork.delete(words, work)));
  inWork.set(words, work);
  return work;
}

function decide(
  heard: Heard,
  command: string,
  body: JsonRecord,
  context: CommandContext,
): Taken | Exclude<Outcome, 'accepted'> {
  context.roaming.refresh();
  return COMMANDS[command]?.decide(heard, body, context) ?? 'unsupported';
}

/** @throws BridgeError OCPI_OUTBOUND_INVALID */
function respond({ version }: Heard, command: string, outcome: Outcome, { maker }: CommandContext): Answer {
  const made = maker.make(version, 'command-response', { outcome });
  if (!made) throw new BridgeError('OCPI_OUTBOUND_INVALID', `${version} has no answer to ${command}`);
  return { data: made.value, lineage: made.lineage };
}

/** Every command that was answered ACCEPTED gets its result, also one that found another doing the same. */
async function tellResult(work: Work<Done>, open: OpenCommand, { results }: CommandContext): Promise<void> {
  const id = randomUUID();
  await results.expect(id, open);
  const { outcome, causes } = await work.outcome();
  await results.tell(id, open, outcome, causes);
}

/** Intent, then command: only after the partner was told ACCEPTED. */
async function carryOut(
  { what, details, act }: Taken,
  open: OpenCommand,
  { recorder, runtime }: CommandContext,
): Promise<Done> {
  const by = { partner: open.partnerId, ...details };
  const intent = await recorder.intent(what, by, open.cause);
  const { outcome, frames } = await inTime(act(intent), runtime);
  return { outcome, causes: [intent, ...frames] };
}

/** A charger that says nothing in time has not answered; what went wrong on our side has failed. */
async function inTime(
  command: Promise<CommandOutcome>,
  { log }: Pick<Runtime, 'log'>,
): Promise<{ outcome: Outcome; frames: readonly JournalId[] }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), TIMEOUT_MS);
    timer.unref();
  });
  try {
    const answered = await Promise.race([command, late]);
    if (!answered) return { outcome: 'unanswered', frames: [] };
    const { outcome, frames } = answered;
    return { outcome: outcome === 'failed' ? 'unanswered' : outcome, frames };
  } catch (error) {
    log.error({ err: error }, 'a command of a partner failed');
    return { outcome: 'failed', frames: [] };
  } finally {
    clearTimeout(timer);
  }
}

function start(
  heard: Heard,
  body: JsonRecord,
  context: CommandContext,
): Taken | Exclude<Outcome, 'accepted'> {
  const { partner, version } = heard;
  const { runtime, commands, guests } = context;
  const party = partner.mainParty ?? { countryCode: '', partyId: '' };
  const token = readToken(body['token'], version, partner, party, runtime);
  if (!partner.isParty(token.countryCode, token.partyId))
    throw invalid('START_SESSION: the token is of another party');
  const place = placeOf(heard, body, context);
  const { stationId, pointId } = place;
  if (commands.controlOf(stationId) !== 'full') return 'unsupported';
  if (!isFree(place, context) || !commands.isConnected(stationId)) return 'rejected';
  const idTag = idTagOf(partner.id, token.uid, token.type, guests);
  const authorizationReference = textIn(body, 'authorization_reference');
  const act = async (intent: JournalId) => {
    await guests.admit(idTag, {
      partnerId: partner.id,
      token: identityOf(token),
      authMethod: 'command',
      ...(authorizationReference === undefined ? {} : { authorizationReference }),
      at: runtime.now().getTime(),
    });
    const outcome = await commands.start({ stationId, pointId, token: idTag, intent });
    if (outcome.outcome === 'rejected') await guests.dismiss(idTag);
    return outcome;
  };
  return { what: 'StartTransaction', details: { pointId, token: idTag }, act };
}

function stop(
  { partner }: Heard,
  body: JsonRecord,
  { roaming, commands }: CommandContext,
): ReturnType<Decide> {
  const sessionId = textIn(body, 'session_id') ?? '';
  const session = roaming.worldOf(partner).shelves.sessions.get(sessionId.toLowerCase());
  if (!session || isOver(session.view)) return 'unknown-session';
  const { stationId, pointId } = session;
  const { state } = session.view;
  if (commands.controlOf(stationId) !== 'full') return 'unsupported';
  if (state !== 'active' || !commands.isConnected(stationId)) return 'rejected';
  const processId = session.view.sessionId;
  const act = (intent: JournalId) => commands.stop({ stationId, processId, intent });
  return { what: 'StopTransaction', details: { pointId, processId }, act };
}

function unlock(heard: Heard, body: JsonRecord, context: CommandContext): ReturnType<Decide> {
  const { commands, roaming } = context;
  const place = placeOf(heard, body, context);
  const { stationId, pointId } = place;
  const process = currentProcess(context.runtime.depot.state, stationId, pointId);
  const isTheirs = process && roaming.worldOf(heard.partner).shelves.sessions.has(process.processId);
  if (commands.controlOf(stationId) !== 'full') return 'unsupported';
  // A plug that is somebody else's stays locked.
  if (process && !isTheirs) return 'rejected';
  if (!commands.isConnected(stationId)) return 'rejected';
  const act = (intent: JournalId) => commands.unlock({ stationId, pointId, intent });
  return { what: 'UnlockConnector', details: { pointId }, act };
}

/** No transaction is open there, and none of the depot's own vehicles has the bay. */
function isFree({ stationId, pointId }: GrantedPlace, { runtime, guests }: CommandContext): boolean {
  const { state } = runtime.depot;
  const isGuest = (process: Parameters<Guests['ownerOf']>[0]) => guests.ownerOf(process) !== undefined;
  if (isOwnFleetWindow(state, stationId, pointId, isGuest)) return false;
  const process = currentProcess(state, stationId, pointId);
  return !(process?.transactionId && !process.endedAt);
}

/**
 * The bay a command names. Without an EVSE it must be the only one there.
 * @throws BridgeError OCPI_UNKNOWN_LOCATION, OCPI_INVALID
 */
function placeOf({ partner, version }: Heard, body: JsonRecord, { roaming }: CommandContext): GrantedPlace {
  const world = roaming.worldOf(partner);
  const locationId = textIn(body, 'location_id') ?? '';
  const evseUid = textIn(body, 'evse_uid');
  const connectorId = textIn(body, 'connector_id');
  const location = world.location(version, locationId)?.view;
  const all = world.places.filter(
    (place) => location && tellable(version, location) && sameCi(place.locationId, locationId),
  );
  if (connectorId !== undefined && evseUid === undefined) throw invalid('connector_id needs evse_uid');
  const named = all.filter((place) => evseUid === undefined || sameCi(place.evseUid, evseUid));
  const [place] = named;
  const isConnector = connectorId === undefined || place?.connector.connectorId === connectorId;
  if (!place || !isConnector)
    throw new BridgeError('OCPI_UNKNOWN_LOCATION', 'unknown location, EVSE or connector');
  if (named.length > 1) throw invalid('this location has several EVSEs: name one in evse_uid');
  return place;
}

/**
 * What the charger is given. An idTag of OCPP 1.6 has 20 characters, and a guest must not be taken for one of the
 * depot's own vehicles: then a name of the same guest that is always the same.
 */
function idTagOf(partnerId: string, uid: string, type: string, guests: Guests): string {
  if (uid.length <= 20 && !guests.isOwnFleet(uid)) return uid;
  const hash = createHash('sha256').update([partnerId, type, uid.toUpperCase()].join('\u001f')).digest('hex');
  return `G${hash.slice(0, 19).toUpperCase()}`;
}
