/**
 * The message schemas of every protocol and dialect under one naming scheme, with units beside them.
 *
 * A name is `<space>.<Definition>`, optionally followed by `:<path>` to point inside, e.g.
 * `bridge.PointStatusReported`, `ocpp16.StatusNotification` (request), `ocpp16.StatusNotification.conf`,
 * `ocpp201.NotifyEvent:eventData[]`, `vdv463-1.1.0.ChargingPointInfo`, `ocpi-2.2.1.EVSE`.
 * Spaces: bridge, ocpp16, ocpp201, ocpp21, vdv463-1.0.0, vdv463-1.1.0, vdv463-draft-2025-05, vdv463-2.0.0,
 * ocpi-2.1.1, ocpi-2.2.1, ocpi-2.3.0.
 */

// The types of every dialect, as we send it: `import type { Vdv463V200 } …`, then `Vdv463V200.ChargingPointInfo`.
export type * as OcpiV211 from './generated/ocpi-2.1.1.js';
export type * as OcpiV221 from './generated/ocpi-2.2.1.js';
export type * as OcpiV230 from './generated/ocpi-2.3.0.js';
export type * as Vdv463V100 from './generated/vdv463-1.0.0.js';
export type * as Vdv463V110 from './generated/vdv463-1.1.0.js';
export type * as Vdv463V200 from './generated/vdv463-2.0.0.js';
export type * as Vdv463Draft202505 from './generated/vdv463-draft-2025-05.js';
export type { Form, MessageSchema, ValidationIssue, Validator } from './registry.js';
export {
  issuesOf,
  isUnknownField,
  schemaNames,
  schemaOf,
  validatorOf,
  withoutUnknownFields,
} from './registry.js';
