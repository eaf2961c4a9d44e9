/** The versions of OCPP-J that the bridge speaks, and where their schemas and tables are. */
import { schemaNames } from '../schemas/index.js';

export type OcppProtocol = 'ocpp1.6' | 'ocpp2.0.1' | 'ocpp2.1';

/**
 * WebSocket subprotocols in our order of preference, the newest first (RFC 6455 §4.2.2 leaves the choice to the server). 2.1 is
 * served as far as it shares the messages of 2.0.1.
 */
export const PROTOCOLS: readonly OcppProtocol[] = ['ocpp2.1', 'ocpp2.0.1', 'ocpp1.6'];

/** A message schema prefix: `ocpp16.Heartbeat`. */
const SCHEMAS = { 'ocpp1.6': 'ocpp16', 'ocpp2.0.1': 'ocpp201', 'ocpp2.1': 'ocpp21' } as const;
/** 2.1 shares the tables of 2.0.1. */
const TABLES = { 'ocpp1.6': 'ocpp16', 'ocpp2.0.1': 'ocpp201', 'ocpp2.1': 'ocpp201' } as const;

/** The names of a request in schemas and tables. */
interface Names {
  readonly schema: string;
  readonly table: string;
}

export const schemaName = (protocol: OcppProtocol, action: string): string =>
  namesOf(protocol, action)?.schema ?? `${SCHEMAS[protocol]}.${action}`;

/** The name by which tables know a message. */
export const tableName = (protocol: OcppProtocol, action: string): string =>
  namesOf(protocol, action)?.table ?? `${TABLES[protocol]}.${action}`;

/** Whether this version of OCPP has a request of this name, whoever may send it. */
export function isAction(protocol: OcppProtocol, action: string): boolean {
  return namesOf(protocol, action) !== undefined;
}

/** Every request of this version, whoever may send it. */
export function actionsOf(protocol: OcppProtocol): string[] {
  const prefix = SCHEMAS[protocol].length + 1;
  return schemaNames(SCHEMAS[protocol])
    .filter((name) => !name.endsWith('.conf'))
    .map((name) => name.slice(prefix));
}

const requests = new Map<OcppProtocol, ReadonlyMap<string, Names>>();

/** Written once for each request that the standard has: they are asked for several times per frame. */
function namesOf(protocol: OcppProtocol, action: string): Names | undefined {
  let known = requests.get(protocol);
  if (!known) {
    known = new Map(
      actionsOf(protocol).map((request) => [
        request,
        { schema: `${SCHEMAS[protocol]}.${request}`, table: `${TABLES[protocol]}.${request}` },
      ]),
    );
    requests.set(protocol, known);
  }
  return known.get(action);
}
