/**
 * The message schemas of every protocol and dialect under one naming scheme, with units beside them.
 *
 * A name is `<space>.<Definition>`, optionally followed by `:<path>` to point inside, e.g.
 * `bridge.PointStatusReported`, `ocpp16.StatusNotification` (request), `ocpp16.StatusNotification.conf`,
 * `ocpp201.NotifyEvent:eventData[]`, `vdv463-1.1.0.ChargingPointInfo`, `ocpi-2.2.1.EVSE`.
 * Spaces: bridge, ocpp16, ocpp201, ocpp21, vdv463-1.0.0, vdv463-1.1.0, vdv463-draft-2025-05, vdv463-2.0.0,
 * ocpi-2.1.1, ocpi-2.2.1, ocpi-2.3.0.
 */
export type { Form, MessageSchema, ValidationIssue, Validator } from './registry.js';
export {
  issuesOf,
  isUnknownField,
  schemaNames,
  schemaOf,
  validatorOf,
  withoutUnknownFields,
} from './registry.js';
