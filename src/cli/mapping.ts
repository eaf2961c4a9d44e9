/**
 * `depotbridge mapping new`: a captured payload becomes a starting overlay that passes its checks as it is.
 * `depotbridge mapping show`: the code that a mapping becomes.
 */
import { loadConfig } from '../config/index.js';
import { BridgeError } from '../errors/index.js';
import { didYouMean, mayGenerate, type Selector } from '../mapping/index.js';
import { schemaNames, schemaOf, validatorOf } from '../schemas/index.js';
import { Tables } from '../tables/index.js';
import { type NewOverlay, startOverlay } from './overlay/overlay.js';
import { startRepair } from './overlay/repair.js';
import { readPayload } from './payload.js';

export interface NewOverlayOptions {
  readonly config: string;
  readonly from: string;
  readonly message: string;
  readonly vendor: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly mapping?: string;
  readonly station: string;
}

/**
 * A payload that its schema refuses gives an overlay that repairs it; one that is valid gives an overlay of the mapping
 * that reads most of what the vendor added, with one row.
 *
 * @throws BridgeError MAP_SCHEMA, MAP_UNKNOWN, PAYLOAD_*
 */
export async function newOverlay(options: NewOverlayOptions): Promise<number> {
  const { message, vendor, model, firmware, mapping, station } = options;
  if (!schemaOf(message)) {
    const known = schemaNames().filter((name) => !name.endsWith('.conf'));
    const space = known.filter((name) => name.split('.')[0] === message.split('.')[0]);
    const hint = didYouMean(message, known) ?? `known: ${(space.length > 0 ? space : known).join(', ')}`;
    throw new BridgeError('MAP_SCHEMA', `no message is called ${message}; ${hint}`);
  }
  const wanted: NewOverlay = {
    message,
    payload: readPayload(options.from, message),
    station,
    select: {
      vendor,
      ...(model === undefined ? {} : { model }),
      ...(firmware === undefined ? {} : { firmware }),
    },
    ...(mapping === undefined ? {} : { mapping }),
  };
  const generation = Tables.load(loadConfig(options.config).mappings, { examples: false }).current;
  const concrete = generation.repair(message, wanted.payload, wanted.select).payload;
  const refused = validatorOf(message)(concrete).length > 0;
  process.stdout.write(refused ? startRepair(wanted, concrete) : startOverlay(generation, wanted));
  return 0;
}

export interface ShowOptions {
  readonly config: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly firmware?: string;
  readonly site?: string;
  readonly station?: string;
  /** The station's version of OCPP. */
  readonly ocpp?: string;
}

/**
 * Prints the JavaScript that runs a mapping once it has been used often, with the overlays of the station described.
 * @throws BridgeError MAP_UNKNOWN
 */
export async function showMapping(name: string, options: ShowOptions): Promise<number> {
  const { config, ocpp, ...told } = options;
  const select: Selector = { ...told, ...(ocpp === undefined ? {} : { peerVersion: ocpp }) };
  const generation = Tables.load(loadConfig(config).mappings, { examples: false }).current;
  const overlays = generation.overlaysOf(name, select);
  const source = generation.generatedSource(name, select);
  process.stdout.write(`// ${[name, ...overlays].join(' under ')}\n`);
  const reason = mayGenerate()
    ? 'one of its conditions asks for what another mapping makes'
    : 'this process may not make code from text';
  process.stdout.write(source ?? `// runs on closures: ${reason}\n`);
  return 0;
}
