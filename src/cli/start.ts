/** `depotbridge start`: the bridge, until a signal ends it. */
import { type Logger, pino } from 'pino';
import { type Bridge, startBridge } from '../bridge.js';
import { loadConfig } from '../config/index.js';
import { warnOfStoreBeside } from '../store-report.js';

const FORCED_EXIT_MS = 4_500;

/** Resolves with the exit code once the bridge has ended. */
export async function start({ config: file }: { config: string }): Promise<number> {
  const config = loadConfig(file);
  const log = pino(
    {
      level: config.log.level,
      redact: ['*.password', '*.token', '*.authorization', 'req.headers.authorization'],
    },
    standardOutput(),
  );
  warnOfStoreBeside(config.store, file, log);
  const starting = startBridge(config, log);
  // From the beginning: the admin API answers before all is up, and the signal would end the process.
  process.on('SIGHUP', () => {
    starting
      .then((started) => renew(started, file, log))
      .catch((error: unknown) =>
        log.error({ err: error }, 'what is in force stays: what was read has errors'),
      );
  });
  const bridge = await starting;
  const ended = new Promise<string>((resolve) => {
    process.once('SIGTERM', () => resolve('SIGTERM'));
    process.once('SIGINT', () => resolve('SIGINT'));
  });
  log.info(
    {
      ports: bridge.ports,
      depot: bridge.runtime.depot.id,
      generation: bridge.runtime.tables().id.slice(0, 12),
    },
    'ready',
  );
  const signal = await ended;
  log.info({ signal }, 'stopping');
  const forced = setTimeout(() => {
    log.error('did not stop in time');
    process.exit(1);
  }, FORCED_EXIT_MS);
  await bridge.stop();
  clearTimeout(forced);
  log.info('stopped');
  return 0;
}

/**
 * Where the log goes. Node's own stream and not pino's: that one waits for ever once nobody reads the pipe any more
 * (sonic-boom repeats a write that failed with EPIPE), and a bridge must outlive the reader of its log.
 */
function standardOutput(): NodeJS.WriteStream {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return process.stdout;
}

/** Tables and certificates, read again. */
async function renew(bridge: Bridge, file: string, log: Logger): Promise<void> {
  log.info(await bridge.reload(), 'tables read again');
  await bridge.renewCertificates(loadConfig(file));
  log.info('certificates read again');
}
