import { CmsSimulator } from './cms-simulator.js';
import type { CmsOptions } from './options.js';

export interface CmsCommandOptions extends CmsOptions {
  readonly signal?: AbortSignal;
  readonly print?: (line: string) => void;
}

/** `sim cms`: a CMS without chargers for those who build an upstream system; runs until told to stop. */
export async function runCmsCommand(options: CmsCommandOptions): Promise<number> {
  const { print = console.log, signal } = options;
  const cms = new CmsSimulator(options);
  cms.events.on('connected', (presystemId) => print(`${presystemId} booted`));
  cms.events.on('received', (presystemId, raw) => print(`< ${presystemId} ${raw}`));
  cms.events.on('sent', (presystemId, raw) => print(`> ${presystemId} ${raw}`));
  print(`listening: ${await cms.start()}`);
  await new Promise<void>((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
  await cms.stop();
  return 0;
}
