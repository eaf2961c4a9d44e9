/** Whether a request of a presystem is to be acted on: pure, from what the connection knows (rules 6 to 8, 15, 21). */
import type { UpstreamConfig } from '../config/index.js';
import type { ErrorCode } from '../errors/index.js';
import type { DialectProfile } from './dialect.js';
import type { Envelope, Fault } from './envelope.js';
import { readPayload } from './payload.js';
import { fromUri } from './uris.js';

/** What a connection knows when a request is judged. */
export interface Standing {
  readonly upstream: UpstreamConfig;
  readonly profile: DialectProfile;
  readonly booted: boolean;
  /** The request came before the first information was on the wire. */
  readonly early: boolean;
}

export type Verdict =
  | {
      readonly accepted: true;
      readonly action: 'BootNotification' | 'ProvideChargingRequests';
      readonly payload: unknown;
      readonly forgiven: readonly ErrorCode[];
      /** A boot that is answered with Rejected, and why (rule 7). */
      readonly rejection?: Fault;
    }
  | {
      readonly accepted: false;
      readonly fault: Fault;
      /** The same request gets the same answer whenever it comes again. */
      readonly lasting: boolean;
    };

export function judge(envelope: Envelope, standing: Standing): Verdict {
  const { action } = envelope;
  const { upstream, profile, booted, early } = standing;
  if (action !== 'BootNotification' && action !== 'ProvideChargingRequests') {
    return refuse('VDV463_UNKNOWN_ACTION', `${action} is no request of a presystem`, true);
  }
  if (!names(envelope.presystemId, standing)) {
    const message = `this connection is for ${upstream.presystemId}, not for ${envelope.presystemId}`;
    return refuse('VDV463_WRONG_PRESYSTEM', message, true);
  }
  if (action === 'ProvideChargingRequests' && !booted) {
    return refuse('VDV463_NOT_BOOTED', 'BootNotification must be accepted first', false);
  }
  const forgiven: ErrorCode[] = [];
  if (action === 'ProvideChargingRequests' && early) {
    const message = 'the first ProvideChargingInformation must come first';
    if (!upstream.lenient) return refuse('VDV463_EARLY_REQUESTS', message, false);
    forgiven.push('VDV463_LENIENT_EARLY_REQUESTS');
  }
  const read = readPayload(profile, action, envelope.payload, upstream.lenient);
  if (!read.ok) return refuse('VDV463_PAYLOAD', read.message, true);
  forgiven.push(...read.forgiven);
  const rejection = action === 'BootNotification' ? foreignKind(read.payload, upstream) : undefined;
  if (rejection && upstream.lenient) forgiven.push('VDV463_LENIENT_KIND');
  const rejected = rejection && !upstream.lenient ? { rejection } : {};
  return { accepted: true, action, payload: read.payload, forgiven, ...rejected };
}

/** Whether a presystemId on the wire is this presystem's; in 1.0.0 it may be written as a URI. */
function names(presystemId: string, { upstream, profile }: Standing): boolean {
  return (profile.uriIdentifiers ? fromUri(presystemId) : presystemId) === upstream.presystemId;
}

function foreignKind(payload: unknown, { kind }: UpstreamConfig): Fault | undefined {
  const { presystem } = payload as { presystem: UpstreamConfig['kind'] };
  if (presystem === kind) return undefined;
  return { code: 'VDV463_WRONG_KIND', message: `it calls itself ${presystem}, configured is ${kind}` };
}

function refuse(code: ErrorCode, message: string, lasting: boolean): Verdict {
  return { accepted: false, fault: { code, message }, lasting };
}
