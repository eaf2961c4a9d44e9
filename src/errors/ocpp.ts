import type { ErrorEntry } from './index.js';

/** Errors of the OCPP side. */
export const ocppErrors = {
  OCPP_UNKNOWN_STATION: {
    title: 'A charging station with this identity is not configured',
    fix: 'Add the station to its depot, or correct the identity in the charger.',
  },
  OCPP_NO_STRANGER: {
    title: 'No charging station knocked under this identity',
    fix: 'See depotbridge station list for those that did; check the URL that is set in the charger.',
  },
  OCPP_LISTEN: {
    title: 'The listener for charging stations cannot be opened',
    fix: 'Choose a free port under listen.ocpp, or end the program that uses it.',
  },
  OCPP_TLS: {
    title: 'Key or certificate of the listener for charging stations cannot be used',
    fix: 'Check listen.ocpp.tls: key and cert are PEM texts that belong together; an ECDSA P-256 pair suits all stations.',
  },
  OCPP_TLS_HANDSHAKE: {
    title: 'A TLS handshake at the listener for charging stations failed',
    fix: 'Check the URL of the charger (wss), its TLS version (1.2 or newer), and with listen.ocpp.tls.clientCa its certificate; ocpp.securityProfile: 2 lets a station in with its password instead.',
  },
  OCPP_BAD_PATH: {
    title: 'A WebSocket was asked for at a path that is not a charging station',
    fix: 'Set the URL in the charger to ws(s)://host:port/ocpp, to which it adds its identity.',
  },
  OCPP_BAD_LOGIN: {
    title: 'A charging station did not prove who it is',
    fix: 'Set the same password in the charger (AuthorizationKey, BasicAuthPassword) and in the configuration.',
  },
  OCPP_BAD_CERTIFICATE: {
    title:
      'The client certificate is missing, not trusted, or does not name the identity of the charging station',
    fix: 'Issue a certificate by listen.ocpp.tls.clientCa whose common name is the identity in the URL path.',
  },
  OCPP_LOCKED_OUT: {
    title: 'Too many wrong logins for this identity from this address',
    fix: 'Correct the password in the charger; the door opens again by itself after five minutes.',
  },
  OCPP_NO_SUBPROTOCOL: {
    title: 'A charging station offered no version of OCPP that is spoken here',
    fix: 'Let the charger ask for the WebSocket subprotocol ocpp1.6, ocpp2.0.1 or ocpp2.1, and for one of ocpp.protocols if its station has that setting.',
  },
  OCPP_IDENTITY_TAKEN: {
    title: 'A second connection without a password wanted to take over a living one',
    fix: 'Give the station a password, so that a newcomer can prove who it is; look for a second charger with this identity.',
  },
  OCPP_BAD_FRAME: {
    title: 'A frame is not a message of OCPP-J',
    fix: 'Look at the frame in the journal; the charger, or something between, sends what is no OCPP.',
  },
  OCPP_CALL_REPEATED: {
    title: 'A call was repeated before it was answered',
    fix: 'Nothing if it is rare: the one answer serves both. Else look what takes so long, and let the station wait longer for an answer.',
  },
  OCPP_MESSAGE_ID_REUSED: {
    title: 'The message id of a call that is being answered was used for another call',
    fix: 'The second is taken when the first has been answered. Each call needs a message id of its own; ask for another firmware.',
  },
  OCPP_INVALID_PAYLOAD: {
    title: 'A message does not fit its schema and was refused',
    fix: 'Write a `repair` overlay for this vendor, prove it by an example, and run the parked message again.',
  },
  OCPP_NOT_HANDLED: {
    title:
      'A station sent a message that only a CSMS sends, that only OCPP 2.1 has, or that OCPP does not have',
    fix: 'Look at the frame in the journal; the firmware of the station may speak another version than it says.',
  },
  OCPP_NOT_STORED: {
    title: 'A message could not be stored, so the station was told to send it again',
    fix: 'Bring the store back; nothing is lost as long as the station repeats.',
  },
  OCPP_NOT_CONNECTED: {
    title: 'The charging station is not connected',
    fix: 'Wait until it comes back; `depotbridge doctor --station` tells since when it is away.',
  },
  OCPP_TIMEOUT: {
    title: 'The charging station did not answer in time',
    fix: 'Look whether it is busy; raise ocpp.callTimeoutSeconds if it is only slow.',
  },
  OCPP_CALL_REFUSED: {
    title:
      'The charging station answered a call with an error, or with an answer that does not fit its schema',
    fix: 'Look at its answer in the journal.',
  },
  OCPP_OUTCOME_UNKNOWN: {
    title:
      'A command was sent, and nobody knows what became of it: the station went, or the bridge ended, before the answer',
    fix: 'Look at the station; order it anew if it did not happen. It is not sent again by itself, so that it cannot happen twice.',
  },
  OCPP_OUTBOUND_INVALID: {
    title: 'A message for a charging station does not fit its schema; it was not sent',
    fix: 'This is a mistake in a table or in the bridge: report it with the journal entry of the command.',
  },
  OCPP_BUSY: {
    title: 'Too many calls wait for the charging station',
    fix: 'Try again later; a station is asked one thing at a time, and this one is slow to answer.',
  },
  OCPP_COMMAND_INVALID: {
    title: 'A command is not one that can be sent to this station; it was not sent',
    fix: 'Correct action or payload: they are those of the version of OCPP that the station speaks.',
  },
  OCPP_COMMAND_GUARDED: {
    title: 'The bridge itself decides this; the command was not sent',
    fix: 'Change charging.policy, or the request of the upstream system. With force it is sent all the same; what the bridge has planned is set again after it.',
  },
  OCPP_COMMAND_KEY: {
    title: 'The idempotency key was used for another command',
    fix: 'Give every command a key of its own; repeat a key only with the same action and payload.',
  },
  OCPP_LIMIT_NOT_HELD: {
    title: 'A charging station took a limit and applies more',
    fix: 'Its composite schedule is in the journal. Look for a local energy manager, a second back office or limits set on the spot; some firmware takes profiles and ignores them. It was set right once and is tried again every 15 minutes.',
  },
  OCPP_CSMS_UNREACHABLE: {
    title: 'The CSMS of a station cannot be reached, so the station was not let in',
    fix: 'Look at ocpp.csms.url and at the way there. The station tries again by itself, and keeps meanwhile what it has to say.',
  },
  OCPP_CSMS_REFUSED: {
    title: 'The CSMS refused a station, which was told so',
    fix: 'Compare the password of the station with that in the CSMS; 404: the CSMS does not know it.',
  },
  OCPP_NOT_DELIVERED: {
    title: 'A frame did not reach the other side, which was gone',
    fix: 'Nothing: who sent it was told by the end of its connection, and sends again what must not be lost. If it happens often, look why connections end.',
  },
  OCPP_MOVED_AWAY: {
    title: 'The CSMS told a station to connect elsewhere: the bridge will hear of it no more',
    fix: 'Let the CSMS set the URL of the bridge (listen.ocpp) in the station instead, or remove attach: proxy from the station.',
  },
  OCPP_CONTROL: {
    title: 'The station belongs to another CSMS, and the bridge may not send this to it',
    fix: 'Order it from the CSMS. Limits may be set by the bridge where ocpp.csms.control (or that of the station) is lease.',
  },
  OCPP_UNABLE: {
    title: 'The charging station cannot do what is asked',
    fix: 'Look at what it said of itself in the journal (StationSurveyed); some need another firmware.',
  },
} as const satisfies Record<string, ErrorEntry>;
