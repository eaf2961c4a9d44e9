/** A small CMS of VDV 463 without chargers, correct or faulty by choice. */
export { type CmsEvents, CmsSimulator } from './cms-simulator.js';
export { type CmsCommandOptions, runCmsCommand } from './command.js';
export { CMS_FAULTS, type CmsFault, type CmsOptions, type KnownPresystem } from './options.js';
