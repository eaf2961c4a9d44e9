import type { ErrorEntry } from './index.js';

/** Errors of the OCPI side. */
export const ocpiErrors = {
  OCPI_NOT_CONFIGURED: {
    title: 'There is nothing to roam with',
    fix: 'Add `ocpi` with a party and its partners to the configuration, and an address to each depot.',
  },
  OCPI_UNKNOWN_TOKEN: {
    title: 'The credentials token is not known',
    fix: 'Register again with a token from the operator.',
  },
  OCPI_UNKNOWN_OBJECT: {
    title: 'The partner asked for something that does not exist for it',
    fix: 'Use an id from the list of that module; if the partner should see more, add a grant.',
  },
  OCPI_NOT_ALLOWED: {
    title: 'The request does not fit the state of the registration',
    fix: 'POST credentials once to register, PUT to renew, DELETE to end; a new registration needs a new tokenA.',
  },
  OCPI_NOT_JSON: {
    title: 'The body is not JSON',
    fix: 'Send a JSON text in UTF-8 with content-type application/json.',
  },
  OCPI_INVALID: {
    title: 'The request has a missing or invalid field',
    fix: 'Correct the field that the message names; docs/ocpi.md lists what is supported.',
  },
  OCPI_UNKNOWN_LOCATION: {
    title: 'The command names a location, EVSE or connector that does not exist for this partner',
    fix: 'Use ids from GET locations.',
  },
  OCPI_PEER_FAILED: {
    title: 'A request to the partner failed',
    fix: 'Look at the answer in the journal; ask the partner if it goes on. Pushes are repeated by themselves.',
  },
  OCPI_PEER_UNUSABLE: {
    title: 'The versions or endpoints of the partner cannot be read with its token',
    fix: 'The partner must serve its versions URL and version details with the token it sent in its credentials.',
  },
  OCPI_NO_MUTUAL_VERSION: {
    title: 'The partner does not list the version it registers with',
    fix: 'Register with a version that both sides list.',
  },
  OCPI_NO_ENDPOINT: {
    title: 'The partner lacks an endpoint that registration needs',
    fix: 'The version details of the partner must list a credentials endpoint.',
  },
  OCPI_ADDRESS_REFUSED: {
    title: 'A URL given by a partner leads where the bridge does not go',
    fix: 'Use https and a public address on the host that the partner registered with; set ocpi.allowPrivateAddresses only for partners inside your own network.',
  },
  OCPI_OUTBOUND_INVALID: {
    title: 'An object for a partner could not be made whole, so it was not sent',
    fix: 'Look at the mapping named in the log; it is a fault in a table or in the configuration of the charging point.',
  },
  OCPI_CDR_NO_TARIFF: {
    title: 'A session of a guest ended for which no tariff was named when it began; no CDR is made',
    fix: 'Settle this session with the partner outside of OCPI. For the sessions to come name a tariff in the grant; if charging is free, one with a FLAT price of 0.',
  },
  OCPI_CDR_NO_ENERGY: {
    title: 'What a guest charged is not known, so no CDR is made',
    fix: 'Look at what the charger sent for this transaction (depotbridge trace): it must tell the register at the start and at the end. If it still tells it, the CDR is made then.',
  },
  OCPI_CDR_TIMES: {
    title: 'A session of a guest ends before it begins, so no CDR is made',
    fix: 'Set the clock of the charger right, and settle this session with the partner outside of OCPI.',
  },
  OCPI_CDR_REFUSED: {
    title: 'A partner refuses a CDR; it is offered again every hour',
    fix: 'Look at its answer in the journal (action POST cdrs) and ask the partner; it can read the CDR by GET cdrs too.',
  },
  OCPI_CDR_UNCORRECTED: {
    title: 'A CDR was wrong and the version of the partner has no credit CDRs',
    fix: 'Correct the bill with the partner outside of OCPI, or agree on 2.2.1 or newer.',
  },
} as const satisfies Record<string, ErrorEntry>;
