/** The depot of the bench: stations of one connector that speak 1.6J. */
import { type Config, parseConfig } from '../../src/config/index.js';

export const identityOf = (index: number): string => `CP-${index}`;
export const PASSWORD = 'bench-secret-0123456789';

/** A configuration as text would give it: every default filled in. */
export function configOf(stations: number, folder: string): Config {
  return parseConfig(textOf(stations, folder), 'bench.yaml');
}

export function textOf(stations: number, folder: string): string {
  const list = Array.from(
    { length: stations },
    (_, index) => `      - id: S${index}
        ocpp: { identity: ${identityOf(index)}, password: ${PASSWORD} }
        points: [{ id: S${index}-1, connector: 1, standard: IEC_62196_T2_COMBO, format: CABLE, powerType: DC, maxVoltage: 920, maxAmperage: 200 }]`,
  );
  return `store: { kind: lmdb, path: ${folder} }
durability: everysec
listen:
  admin:  { host: 127.0.0.1, port: 0, token: bench }
  ocpp:   { host: 127.0.0.1, port: 0 }
  ocpi:   { host: 127.0.0.1, port: 0, publicUrl: "http://127.0.0.1:1" }
  vdv463: { host: 127.0.0.1, port: 0 }
depots:
  - id: bench
    name: Bench
    timeZone: Europe/Berlin
    stations:
${list.join('\n')}
`;
}
