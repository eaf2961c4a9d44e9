// docs/feed.openapi.json: how a CSMS hands over frames, as the listener itself describes it.
import { writeFile } from 'node:fs/promises';
import { feedOpenApi } from '../../src/ocpp/index.js';

export async function generateFeed(): Promise<void> {
  const text = `${JSON.stringify(await feedOpenApi(), null, 2)}\n`;
  await writeFile(new URL('../../docs/feed.openapi.json', import.meta.url), text);
}
