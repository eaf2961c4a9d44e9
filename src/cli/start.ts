/** `depotbridge start`: the bridge, until a signal ends it. */
import { type Logger, pino } from 'pino';
import { type Bridge, startBridge } from '../bridge.js';
import { loadConfig } from '../config/index.js';
import { warnOfStoreBeside } from '../store-report.js';

const FORCED_EXIT_MS = 4_500;

/** Resolves with the exit code once the bridge has ended. */
export async function start({ config: file }: { config: string }): Promise<number> {
  const config = loadConfig(file);
  const log = pino({
    level: config.log.level,
    redact: ['*.password', '*.token', '*.authorization', 'req.headers.authorization'],
  });
  warnOfStoreBeside(config.store, file, log);
  const bridge = await startBridge(config, log);
  log.info(
    {
      ports: bridge.ports,
      depot: bridge.runtime.depot.id,
      generation: bridge.runtime.tables().id.slice(0, 12),
    },
    'ready',
  );
  process.on('SIGHUP', () => {
    renew(bridge, file, log).catch((error: unknown) =>
      log.error({ err: error }, 'what is in force stays: what was read has errors'),
    );
  });
  const signal = await new Promise<string>((resolve) => {
    process.once('SIGTERM', () => resolve('SIGTERM'));
    process.once('SIGINT', () => resolve('SIGINT'));
  });
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

/** Tables and certificates, read again. */
async function renew(bridge: Bridge, file: string, log: Logger): Promise<void> {
  log.info(await bridge.reload(), 'tables read again');
  await bridge.renewCertificates(loadConfig(file));
  log.info('certificates read again');
}
