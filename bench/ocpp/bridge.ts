/** The bridge as it is: journal, tables, state, store, planner, admin API. `bridge.ts <stations> <folder>`. */
import { pino } from 'pino';
import { startBridge } from '../../src/bridge.js';
import { configOf } from './depot.js';
import { report } from './report.js';

const [stations = '1', folder = ''] = process.argv.slice(2);
const bridge = await startBridge(configOf(Number(stations), folder), pino({ level: 'error' }));
report(bridge.ports.ocpp);
