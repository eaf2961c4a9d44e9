/** Charging points of each kind, as a configuration names them. */
import type { PointConfig } from '../../src/config/index.js';

export const dc: PointConfig = {
  id: 'P',
  connector: 1,
  standard: 'IEC_62196_T2_COMBO',
  format: 'CABLE',
  powerType: 'DC',
  maxVoltage: 920,
  maxAmperage: 200,
};
export const ac: PointConfig = {
  ...dc,
  powerType: 'AC_3_PHASE',
  maxVoltage: 230,
  maxAmperage: 32,
  phases: 3,
};
export const single: PointConfig = { ...ac, powerType: 'AC_1_PHASE', phases: 1 };
