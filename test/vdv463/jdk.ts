/** The JDK's WebSocket client as a socket for {@link Peer}: one JVM, any number of connections. */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Dialling, PeerSocket } from './peer.js';

const PROGRAM = fileURLToPath(new URL('./JdkPresystem.java', import.meta.url));
const START_MS = 20_000;
const STOP_MS = 2_000;

/** Whether this machine has a JDK. */
export const hasJava = (): boolean => spawnSync('java', ['-version']).status === 0;

class JdkSocket extends EventEmitter implements PeerSocket {
  protocol = '';
  readonly #tell: (command: string) => void;

  constructor(tell: (command: string) => void) {
    super();
    this.#tell = tell;
  }

  send(text: string): void {
    this.#tell(text);
  }

  ping(): void {
    this.#tell('!ping');
  }

  close(code: number): void {
    this.#tell(`!close ${code}`);
  }

  terminate(): void {
    this.#tell('!abort');
  }

  /** What the JDK's client heard, as the event that `ws` would emit. */
  heard(kind: string, rest: string): void {
    if (kind === 'open') this.protocol = rest.slice(1, -1);
    if (kind === 'text') this.emit('message', rest);
    else if (kind === 'error') this.emit('error', new Error(rest));
    else if (kind === 'close') this.emit('close', Number(rest.split(' ', 1)[0]), rest.replace(/^\d+ ?/, ''));
    else this.emit(kind);
  }
}

export class Jdk {
  readonly #jvm: ChildProcessByStdio<Writable, Readable, null>;
  readonly #sockets: JdkSocket[] = [];

  private constructor(jvm: ChildProcessByStdio<Writable, Readable, null>) {
    this.#jvm = jvm;
  }

  /** Rejects if the JVM does not say within 20 s that it is ready. */
  static async start(): Promise<Jdk> {
    const options = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', PROGRAM];
    const jvm = spawn('java', options, { stdio: ['pipe', 'pipe', 'inherit'] });
    const jdk = new Jdk(jvm);
    const lines = createInterface(jvm.stdout);
    try {
      await once(lines, 'line', { signal: AbortSignal.timeout(START_MS) });
    } catch (error) {
      jvm.kill('SIGKILL');
      throw error;
    }
    lines.on('line', (line) => jdk.#heard(line));
    return jdk;
  }

  /** Dials; the socket emits `open`, or `error` and `close`. */
  connect({ url, user, password, protocols }: Dialling): PeerSocket {
    const name = this.#sockets.length;
    const socket = new JdkSocket((command) => this.#jvm.stdin.write(`${name} ${command}\n`));
    this.#sockets.push(socket);
    this.#jvm.stdin.write(`${name} !open ${url} ${user}:${password} ${protocols.join(',')}\n`);
    return socket;
  }

  async stop(): Promise<void> {
    if (this.#jvm.exitCode !== null) return;
    const exited = once(this.#jvm, 'exit');
    this.#jvm.stdin.end();
    const late = setTimeout(() => this.#jvm.kill('SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(late);
  }

  #heard(line: string): void {
    const [, name = '', kind = '', rest = ''] = /^(\d+) (\w+) ?(.*)$/.exec(line) ?? [];
    const socket = this.#sockets[Number(name || Number.NaN)];
    if (!socket) throw new Error(`the JDK's client said what nobody expects: ${line}`);
    socket.heard(kind, rest);
  }
}
