/**
 * The demo depot as many are: a CSMS is there already and keeps its chargers N1, N2 and N3; the bridge stands between,
 * and has the visitors' bay N4 for itself.
 */
import type { Config } from '../config/index.js';
import type { Clock } from '../sim/charger/index.js';
import { CsmsSimulator } from '../sim/csms/index.js';
import type { Expectation } from './expectations.js';
import type { Ledger } from './ledger.js';

/** Stations of the CSMS. */
const KEPT = new Set(['N1', 'N2', 'N3']);
/** What that CSMS allows every transaction: more than the night's plans, so that these show. */
const ALLOWS_W = 140_000;

/** Starts the CSMS and puts the bridge before it. */
export async function ownCsms(config: Config, clock: Clock): Promise<CsmsSimulator> {
  const stations = config.depots[0].stations.filter(({ id }) => KEPT.has(id));
  const csms = new CsmsSimulator({
    stations: Object.fromEntries(stations.map(({ ocpp }) => [ocpp.identity, ocpp.password ?? null])),
    plan: { powerW: ALLOWS_W },
    now: () => new Date(clock.now()),
  });
  const url = await csms.start();
  config.ocpp.csms = {
    ...{ url, checksLogins: true, connectSeconds: 10 },
    ...{ control: 'lease', leaseAs: 'merge', leaseMinutes: 60 },
  };
  for (const { ocpp } of stations) ocpp.attach = 'proxy';
  return csms;
}

/** What must be so when the night is over. */
export function besideItsCsms(csms: CsmsSimulator, ledger: Ledger): Expectation[] {
  const identities = [...csms.stations.keys()].sort();
  const seen = new Set(csms.frames().map(({ text }) => text));
  const relayed = (link: string) =>
    ledger.find({ link }).filter(({ protocol, direction }) => protocol !== 'bridge' && direction === 'in');
  const theirs = identities.flatMap((identity) => relayed(`csms:${identity}`));
  const ours = identities.flatMap((identity) =>
    ledger.find({ link: `ocpp:${identity}`, direction: 'out' }).filter(({ messageId }) => messageId),
  );
  const ids = new Set(ours.map(({ messageId }) => messageId));
  return [
    {
      what: `the CSMS kept its chargers ${identities.join(', ')}, and knows every transaction of theirs`,
      met:
        identities.length === KEPT.size && identities.every((id) => csms.station(id).transactions.length > 0),
    },
    {
      what: 'every frame of the CSMS reached the bridge as it was sent',
      met: theirs.length > 0 && theirs.every(({ raw }) => seen.has(raw)),
    },
    {
      what: `none of the ${ours.length} calls that the bridge slipped in, nor an answer to one, reached the CSMS`,
      met: ours.length > 0 && csms.frames().every(({ text }) => !ids.has(idOf(text))),
    },
  ];
}

function idOf(text: string): string {
  const [, id] = JSON.parse(text) as [unknown, unknown];
  return String(id);
}
