import type { ErrorEntry } from './index.js';

/** Errors of the VDV 463 side. */
export const vdv463Errors = {
  VDV463_NOT_BOOTED: {
    title: 'A message came before BootNotification was accepted',
    fix: 'The presystem must send BootNotification first after each connect.',
  },
  VDV463_EARLY_REQUESTS: {
    title: 'ProvideChargingRequests came before the first ProvideChargingInformation',
    fix: 'The presystem must wait for the first ProvideChargingInformation after its BootNotification; `lenient` accepts it.',
  },
  VDV463_WRONG_PRESYSTEM: {
    title: 'A message names another presystem than the connection is for',
    fix: 'The presystem must use the presystemId of its URL; another presystemId needs a connection of its own.',
  },
  VDV463_WRONG_KIND: {
    title: 'A presystem introduced itself as something else than configured; its boot was rejected',
    fix: 'Correct `kind` (BMS or ITCS) of the upstream, or the presystem.',
  },
  VDV463_ENVELOPE: {
    title: 'A message is not a valid VDV 463 envelope',
    fix: 'Seven positions: type 1, 2 or 3, source, presystemId, date-time with offset, UUID, action, payload object.',
  },
  VDV463_UNKNOWN_ACTION: {
    title: 'A request has an action that a presystem cannot ask for',
    fix: 'A presystem sends BootNotification and ProvideChargingRequests only.',
  },
  VDV463_PAYLOAD: {
    title: 'A payload does not fit the schema of its dialect; nothing of it was applied',
    fix: 'Correct the field named, or the `dialect` of the upstream.',
  },
  VDV463_TOO_DEEP: {
    title: 'A message is nested deeper than 32 levels',
    fix: 'Correct the presystem; no VDV 463 message is nested deeper than 13 levels.',
  },
  VDV463_TOO_LARGE: {
    title: 'A message has more values than any message of VDV 463 needs',
    fix: 'Correct the presystem: 60,000 values, 5,000 elements of a list and 1,000 members of an object are read at most.',
  },
  VDV463_FORBIDDEN_KEY: {
    title: 'A message has a key that is never accepted (`__proto__`, `constructor`, `prototype`)',
    fix: 'Correct the presystem.',
  },
  VDV463_DUPLICATE_ID: {
    title: 'A message id was used again for another payload',
    fix: 'The presystem must give each new request a new messageId; only a retry repeats it, with the same payload.',
  },
  VDV463_REPEATED: {
    title: 'A request came again; it got the same answer and had no second effect',
    fix: 'Nothing: the answer was late or lost.',
  },
  VDV463_UNMATCHED_ANSWER: {
    title: 'An answer came to a request that is not under way; it was ignored',
    fix: 'Nothing if it came late; else the presystem must echo the messageId of the request. `lenient` matches it.',
  },
  VDV463_REQUEST_REFUSED: {
    title: 'The presystem answered a ProvideChargingInformation with an error',
    fix: 'Read its text in the log; the snapshot counts as received and the next one follows.',
  },
  VDV463_NO_ANSWER: {
    title: 'The presystem answered none of several attempts',
    fix: 'Check the presystem; `timeoutSeconds` and `retries` of the upstream set how long the bridge waits.',
  },
  VDV463_OUTBOUND: {
    title: 'A message of ours could not be made or does not fit its schema; it was not sent',
    fix: 'Run `depotbridge check`; if the tables are in order, report the path named as a defect.',
  },
  VDV463_TLS_REQUIRED: {
    title: 'VDV 463 would be served without TLS on an address other than loopback',
    fix: 'Add `listen.vdv463.tls`, or bind to 127.0.0.1.',
  },
  VDV463_TLS_UNREADABLE: {
    title: 'The key or certificate for VDV 463 cannot be read, or they do not belong together',
    fix: 'Give PEM texts of one key and its certificate, the server certificate first in a chain.',
  },
  VDV463_TLS_NOT_ECDSA: {
    title: 'The certificate for VDV 463 has no elliptic-curve key, which the mandated suite needs',
    fix: 'Use an ECDSA certificate, for example on P-256: TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256 cannot work with RSA.',
  },
  VDV463_TLS_EXPIRED: {
    title: 'The certificate for VDV 463 is not valid now',
    fix: 'Renew the certificate, or correct the clock of this machine.',
  },
  VDV463_TLS_SUITE: {
    title: 'The suite that VDV 463 mandates does not work here',
    fix: 'Check the OpenSSL policy of this machine: TLS 1.2 and ECDHE-ECDSA-AES128-SHA256 must be allowed.',
  },
  VDV463_LISTEN: {
    title: 'The VDV 463 listener cannot be opened',
    fix: 'Free the port or choose another one (`listen.vdv463.port`).',
  },
  // Deviations that `lenient` forgives; each is logged and counted.
  VDV463_LENIENT_ANSWER_ID: {
    title: 'Forgiven: an answer with a message id of its own; it was matched to the only request under way',
    fix: 'The presystem should echo the messageId of the request.',
  },
  VDV463_LENIENT_OBJECT_ENVELOPE: {
    title: 'Forgiven: an envelope with names instead of seven positions',
    fix: 'The presystem should send an array of seven.',
  },
  VDV463_LENIENT_SWAPPED_NAMES: {
    title: 'Forgiven: source and presystemId in each other’s place',
    fix: 'The presystem should put the source in the second position and its presystemId in the third.',
  },
  VDV463_LENIENT_ENVELOPE: {
    title: 'Forgiven: a message id that is no UUID, or a time without an offset',
    fix: 'The presystem should send a UUID and an RFC 3339 time with offset.',
  },
  VDV463_LENIENT_EMPTY_LIST: {
    title: 'Forgiven: an empty request list left out, or sent where 1.0.0 forbids it',
    fix: 'The presystem should send `{"chargingRequestList": []}`, or Terminate in 1.0.0.',
  },
  VDV463_LENIENT_UNKNOWN_FIELD: {
    title: 'Forgiven: a field that the dialect does not know was taken off',
    fix: 'The presystem should send only fields of its dialect.',
  },
  VDV463_LENIENT_EARLY_REQUESTS: {
    title: 'Forgiven: ProvideChargingRequests before the first ProvideChargingInformation',
    fix: 'The presystem should wait for the first ProvideChargingInformation.',
  },
  VDV463_LENIENT_SUBPROTOCOL: {
    title: 'Forgiven: a connection without a subprotocol',
    fix: 'The presystem should offer v1.463.vdv.de, or v2.463.vdv.de for 2.0.0.',
  },
  VDV463_LENIENT_KIND: {
    title: 'Forgiven: a presystem that introduced itself as another kind than configured',
    fix: 'Correct `kind` (BMS or ITCS) of the upstream, or the presystem.',
  },
  VDV463_LENIENT_NO_PING: {
    title: 'Forgiven: a presystem that never pings',
    fix: 'The presystem should send WebSocket pings, so that a dead link is noticed on its side too.',
  },
  VDV463_LENIENT_PLAIN_ID: {
    title: 'Forgiven: identifiers of 1.0.0 that are no URIs, in both directions',
    fix: 'Use URIs as identifiers, or a newer dialect.',
  },
} as const satisfies Record<string, ErrorEntry>;
