/** The depot of the bench, its stations behind the CSMS at a port. */
import { type Config, parseConfig } from '../../src/config/index.js';
import { PASSWORD, textOf } from '../ocpp/depot.js';

/** Stations have no password here: it is for the CSMS to ask, as for a bare relay. */
export function proxyConfigOf(csmsPort: number, stations: number, folder: string): Config {
  const text = textOf(stations, folder).replaceAll(`, password: ${PASSWORD}`, '');
  const behind = `ocpp: { attach: proxy, csms: { url: "ws://127.0.0.1:${csmsPort}/ocpp", checksLogins: true } }`;
  return parseConfig(`${text}\n${behind}\n`, 'bench.yaml');
}
