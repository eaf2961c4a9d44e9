/** Versions and version details (version_information_endpoint of 2.2.1): only modules that work are announced. */
import type { JsonObject } from '../mapping/index.js';
import type { Maker } from './maker.js';
import type { Answer, OcpiServer } from './server.js';
import { type OcpiVersion, schemaName, traitsOf, VERSIONS } from './version.js';

const MODULES = [
  ['credentials', 'SENDER'],
  ['credentials', 'RECEIVER'],
  ['locations', 'SENDER'],
  ['sessions', 'SENDER'],
  ['tariffs', 'SENDER'],
  ['cdrs', 'SENDER'],
  ['tokens', 'RECEIVER'],
  ['commands', 'RECEIVER'],
] as const;

/** `baseUrl`: our public URL with `/ocpi`. */
export function addVersions(server: OcpiServer, maker: Maker, baseUrl: () => string): void {
  server.route('GET', '/versions', 'versions', 'configuration', ({ partner }) => {
    const data = VERSIONS.filter((version) => partner.config.versions.includes(version)).map((version) => ({
      version,
      url: `${baseUrl()}/${version}`,
    }));
    // The newest schema knows the names of them all.
    for (const entry of data) maker.check(schemaName('2.3.0', 'Version'), entry, 'versions');
    return { data };
  });
  server.route('GET', '/:version', 'version_details', 'configuration', ({ version }): Answer => {
    const data = { version, endpoints: endpoints(version, baseUrl()) };
    maker.check(schemaName(version, 'VersionDetails'), data, 'version_details');
    return { data };
  });
}

function endpoints(version: OcpiVersion, baseUrl: string): JsonObject[] {
  const { routed } = traitsOf(version);
  const url = (identifier: string) => `${baseUrl}/${version}/${identifier}`;
  if (routed) return MODULES.map(([identifier, role]) => ({ identifier, role, url: url(identifier) }));
  const identifiers = [...new Set(MODULES.map(([identifier]) => identifier))];
  return identifiers.map((identifier) => ({ identifier, url: url(identifier) }));
}
