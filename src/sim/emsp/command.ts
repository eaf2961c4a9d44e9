import { type EmspOptions, EmspSimulator } from './emsp-simulator.js';

export interface EmspCommandOptions extends EmspOptions {
  /** Where to register, and with which token. */
  readonly cpoVersionsUrl?: string;
  readonly registrationToken?: string;
  /** Bodies as they are instead of one line per event. */
  readonly frames?: boolean;
  /** End after the registration and one look at the locations. */
  readonly once?: boolean;
  readonly signal?: AbortSignal;
  readonly print?: (line: string) => void;
}

/**
 * `sim emsp`: listens, registers with a CPO, reads its locations, and tells on the terminal what is pushed.
 * @returns exit code: 0, or 1 if the CPO broke the standard
 * @throws EmspError if the registration fails
 */
export async function runEmspCommand(options: EmspCommandOptions): Promise<number> {
  const { cpoVersionsUrl, registrationToken, print = console.log, signal } = options;
  const emsp = new EmspSimulator(options);
  narrate(emsp, print, options.frames ?? false);
  await emsp.start();
  try {
    print(`listening: ${emsp.versionsUrl}`);
    if (cpoVersionsUrl !== undefined && registrationToken !== undefined) {
      await emsp.register(cpoVersionsUrl, registrationToken);
      const { items, pages } = await emsp.getLocations();
      print(`${items.length} locations on ${pages} pages`);
      for (const location of items) print(`location ${location['id']}: ${statusesOf(location)}`);
    }
    if (!options.once) await aborted(signal);
  } finally {
    await emsp.stop();
  }
  print(`${emsp.violations.length} violations of the standard by the CPO`);
  return emsp.violations.length === 0 ? 0 : 1;
}

function narrate({ events }: EmspSimulator, print: (line: string) => void, frames: boolean): void {
  events.on('registered', ({ version, parties }) =>
    print(`registered in ${version} with ${parties.map((p) => `${p.countryCode}*${p.partyId}`).join(', ')}`),
  );
  events.on('violation', ({ kind, at, message }) => print(`violation (${kind}) ${at}: ${message}`));
  events.on('stored', (module, id, object) =>
    print(`${module} ${id}: ${module === 'locations' ? statusesOf(object) : (object['status'] ?? 'stored')}`),
  );
  if (!frames) return;
  events.on('sent', (method, url, raw) => print(`> ${method} ${url} ${raw}`));
  events.on('received', (method, url, raw) => print(`< ${method} ${url} ${raw}`));
  events.on('answered', (_method, _url, { httpStatus, raw }) => print(`< ${httpStatus} ${raw}`));
}

function statusesOf(location: Readonly<Record<string, unknown>>): string {
  const evses = (location['evses'] ?? []) as readonly { readonly uid?: string; readonly status?: string }[];
  return evses.map(({ uid, status }) => `${uid} ${status}`).join(', ') || 'no EVSE';
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
