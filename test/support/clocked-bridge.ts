/**
 * `depotbridge start` in another time, for nights that pass in seconds: `clocked-bridge start --config FILE`, the clock
 * as JSON in BRIDGE_CLOCK, later ones by messages, each confirmed. It runs what was built, so that a restart takes no
 * longer than a user's does.
 */
import { pino } from 'pino';
import type { RunningClock } from './bridge.js';

const built = (module: string) => new URL(`../../dist/${module}`, import.meta.url).href;
const { startBridge } = (await import(built('bridge.js'))) as typeof import('../../src/bridge.js');
const { loadConfig } = (await import(built('config/index.js'))) as typeof import('../../src/config/index.js');

let clock = JSON.parse(process.env['BRIDGE_CLOCK'] ?? '') as RunningClock;
const now = () => new Date(Math.floor(clock.startAtMs + (Date.now() - clock.anchorMs) * clock.timeScale));
process.on('message', (later: RunningClock) => {
  clock = later;
  process.send?.('set');
});

const file = process.argv[process.argv.indexOf('--config') + 1] ?? '';
const config = loadConfig(file);
const log = pino({ level: config.log.level });
const bridge = await startBridge(config, log, now);
log.info({ ports: bridge.ports }, 'ready');
process.once('SIGTERM', () => void bridge.stop().then(() => process.exit(0)));
