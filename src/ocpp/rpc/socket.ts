/** The wire under ocpp-rpc: a WebSocket that lets us see and decide what really leaves. */
import { WebSocket } from 'ws';

/** Looks at a frame about to be sent: the text to send in its place, or undefined to send nothing. */
export type Outgoing = (frame: string) => string | undefined;

/** Bytes that may wait for a station that does not read; more cuts it. */
const MAX_UNREAD = 1_048_576;

/**
 * What ocpp-rpc takes for a plain WebSocket. OCPP-J knows text frames only, so a binary one ends the connection.
 * Pauses reading when asked to, which slows the sender down without losing a frame.
 */
export class StationSocket extends WebSocket {
  /** Set as soon as the connection has an owner; until then nothing can be sent. */
  outgoing: Outgoing = () => undefined;
  /** Whether a text frame that came may go on to ocpp-rpc now. */
  incoming: (frame: Buffer) => boolean = () => true;
  /** Called at every sign of life: frame, ping or pong. */
  alive: () => void = () => undefined;

  /** Called when the connection is cut because the station does not read. */
  unread: () => void = () => undefined;

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'message') {
      // What was already received when we said goodbye, or cut the socket, counts no more.
      if (this.readyState !== WebSocket.OPEN) return true;
      this.alive();
      if (args[1] === true) {
        this.close(1003, 'OCPP-J has text frames only');
        return true;
      }
      if (!this.incoming(args[0] as Buffer)) return true;
    } else if (event === 'ping' || event === 'pong') this.alive();
    return super.emit(event, ...args);
  }

  /** Hands on a frame that `incoming` kept back. */
  pass(frame: Buffer): void {
    if (this.readyState === WebSocket.OPEN) super.emit('message', frame, false);
  }

  override send(data: unknown, ..._options: unknown[]): void {
    // What cannot be sent any more was not sent: the owner is not told of it.
    if (this.readyState !== WebSocket.OPEN) return;
    if (this.bufferedAmount > MAX_UNREAD) {
      this.unread();
      this.terminate();
      return;
    }
    const frame = this.outgoing(String(data));
    if (frame !== undefined) super.send(frame);
  }
}
