import type { Scenario } from '../scenario.js';
import { boot } from './boot.js';
import { chargingScenarios } from './charging.js';
import { errors } from './errors.js';
import { information } from './information.js';
import { lists } from './lists.js';
import { requestCustoms } from './request-customs.js';
import { requests } from './requests.js';
import { transport } from './transport.js';

/** Every scenario, in the order of play. */
export const allScenarios: readonly Scenario[] = [
  ...transport,
  ...boot,
  ...information,
  ...requests,
  ...requestCustoms,
  ...lists,
  ...errors,
  ...chargingScenarios,
];
