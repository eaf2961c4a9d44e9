/** The bridge as it is, in front of a CSMS. `bridge.ts <csms port> <stations> <folder>`. */
import { pino } from 'pino';
import { startBridge } from '../../src/bridge.js';
import { report } from '../ocpp/report.js';
import { proxyConfigOf } from './depot.js';

const [csmsPort = '', stations = '1', folder = ''] = process.argv.slice(2);
const config = proxyConfigOf(Number(csmsPort), Number(stations), folder);
const bridge = await startBridge(config, pino({ level: 'error' }));
report(bridge.ports.ocpp);
