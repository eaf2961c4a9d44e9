import { WebSocket } from 'ws';

/** What the owner of a socket sees, and what it takes out of the way of ocpp-rpc. */
export interface SocketOwner {
  /** Every frame, before anything is done with it. */
  received(data: Buffer, isBinary: boolean): void;
  /** Whether ocpp-rpc shall have a frame. */
  isForRpc(text: string): boolean;
  /** What leaves in place of what ocpp-rpc wrote; undefined: nothing. */
  outgoing(text: string): string | undefined;
  /** Every frame that leaves, as it leaves. */
  sent(text: string): void;
}

/** What ocpp-rpc takes for a plain WebSocket: it shows every frame as it is on the wire. */
export class SeenSocket extends WebSocket {
  owner: SocketOwner | undefined;
  #isFrozen = false;

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'message' && this.owner) {
      const [data, isBinary] = args as [Buffer, boolean];
      this.owner.received(data, isBinary);
      if (isBinary || !this.owner.isForRpc(String(data))) return true;
    }
    return super.emit(event, ...args);
  }

  override send(data: unknown, ..._options: unknown[]): void {
    const text = this.owner?.outgoing(String(data));
    if (text !== undefined) this.write(text);
  }

  /** Sends a text as it stands. */
  write(text: string): void {
    if (this.#isFrozen || this.readyState !== WebSocket.OPEN) return;
    this.owner?.sent(text);
    super.send(text);
  }

  /** Neither reads nor writes any more, but stays open. */
  freeze(): void {
    this.#isFrozen = true;
    this.pause();
  }
}
