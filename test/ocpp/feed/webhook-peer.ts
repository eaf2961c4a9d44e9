/** A CSMS that takes commands by webhook, as it is told to. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request of the bridge. */
export interface Taken {
  readonly commandId: string;
  readonly station: string;
  readonly action: string;
  readonly payload: Record<string, unknown>;
  readonly intent: string;
  readonly expiresAt: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answering = (taken: Taken, count: number) => { status: number; body?: unknown } | 'hang' | 'cut';

export async function webhookPeer(answering: { now: Answering }) {
  const taken: Taken[] = [];
  const server = createServer(async (request, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const one = { ...JSON.parse(body), headers: request.headers, body } as Taken;
    taken.push(one);
    const answer = answering.now(one, taken.length);
    if (answer === 'hang') return;
    if (answer === 'cut') return void request.socket.destroy();
    response.writeHead(answer.status, answer.status === 307 ? { location: request.url } : {});
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { taken, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/commands` };
}
