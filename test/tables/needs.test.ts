/** What the bridge asks of its tables is what the tables that ship do. */
import { describe, expect, it } from 'vitest';
import { loadGeneration } from '../../src/mapping/index.js';
import { BUILTIN_TABLES } from '../../src/tables/folders.js';
import { allNeeds } from '../../src/tables/needs.js';

describe('what the bridge needs', () => {
  it('is all there in the tables that ship, and is all that they do of a message', () => {
    const loaded = loadGeneration([BUILTIN_TABLES], { examples: false, needs: allNeeds });
    if ('diagnostics' in loaded) throw new Error(loaded.diagnostics.map(({ message }) => message).join('\n'));
    const asked = new Set(
      allNeeds.map((need) => ('mapping' in need ? need.mapping : `${need.source} → ${need.target}`)),
    );
    const ofChargers = loaded.generation.parts.mappings.flatMap(({ sources: [first], target }) => {
      const isMessage = first && (/^ocpp\w+\.\w+$/.test(first.name) || first.name === 'bridge.LimitCommand');
      return isMessage ? [`${first.name} → ${target.name}`] : [];
    });
    expect([...new Set(ofChargers)].filter((pair) => !asked.has(pair))).toEqual([]);
    expect(asked.size).toBe(allNeeds.length);
  });
});
