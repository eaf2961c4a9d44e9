/** Where tables are: those that ship, presets, and the folders of the operator. */
import { fileURLToPath } from 'node:url';

/** The folder of the tables that ship with the bridge. */
export const BUILTIN_TABLES = fileURLToPath(new URL('../../mappings', import.meta.url));
/** Folders that ship and are used only if asked for. */
export const PRESETS = fileURLToPath(new URL('../../config/presets', import.meta.url));

const PRESET = /^preset:([a-z0-9-]+)$/;

/**
 * Paths of table folders as configured: `builtin` stands for those that ship with the bridge, `preset:<name>` for an
 * optional set of overlays that ships too.
 */
export function tableFolders(mappings: readonly string[]): string[] {
  return mappings.map((path) => {
    if (path === 'builtin') return BUILTIN_TABLES;
    const preset = PRESET.exec(path)?.[1];
    return preset === undefined ? path : `${PRESETS}/${preset}`;
  });
}
