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
} as const satisfies Record<string, ErrorEntry>;
