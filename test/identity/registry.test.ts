import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/index.js';
import { IdentityRegistry } from '../../src/identity/index.js';

const { ocpi, ...alone } = loadConfig('config/depot.example.yaml');

describe('the EVSE id that partners see', () => {
  it('begins with the party of the configuration', () => {
    const registry = new IdentityRegistry({ ...alone, ...(ocpi ? { ocpi } : {}) });
    expect(registry.resolve('evse-id', ['N4-1'])).toBe('DE*DPB*EN4*1');
    expect(registry.resolve('evse-id', ['nowhere'])).toBeUndefined();
  });

  it('does not exist where no party is configured', () => {
    expect(new IdentityRegistry(alone).resolve('evse-id', ['N4-1'])).toBeUndefined();
  });

  it('is part of what the registry’s version stands for', () => {
    const other = ocpi && { ...ocpi, party: { ...ocpi.party, partyId: 'ABC' } };
    const versions = [undefined, ocpi, other].map(
      (each) => new IdentityRegistry({ ...alone, ...(each ? { ocpi: each } : {}) }).version,
    );
    expect(new Set(versions).size).toBe(3);
  });
});
