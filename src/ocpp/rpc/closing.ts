/** Saying goodbye to a peer that may not listen any more. */
import type { WebSocket } from 'ws';

const CLOSE_WAIT_MS = 2_000;

/** Closes a WebSocket; it is cut if the peer does not answer in time. Without a code the peer is told none. */
export function closeOrCut(socket: WebSocket, code?: number, reason?: string): void {
  socket.close(code, reason);
  const cut = setTimeout(() => socket.terminate(), CLOSE_WAIT_MS);
  cut.unref();
  socket.once('close', () => clearTimeout(cut));
}
