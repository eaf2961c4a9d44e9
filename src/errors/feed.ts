import type { ErrorEntry } from './index.js';

/** Errors of the feed, by which a CSMS hands over frames. */
export const feedErrors = {
  FEED_LISTEN: {
    title: 'The listener for frames of a CSMS cannot be opened',
    fix: 'Choose a free port under listen.feed, or end the program that uses it.',
  },
  FEED_TLS: {
    title: 'Key or certificate of the listener for frames of a CSMS cannot be used',
    fix: 'Check listen.feed.tls: key and cert are PEM texts that belong together.',
  },
  FEED_BAD_TOKEN: {
    title: 'The token of the feed is missing or wrong',
    fix: 'Send Authorization: Bearer with listen.feed.token.',
  },
  FEED_LOCKED_OUT: {
    title: 'Too many wrong tokens of the feed came from this address',
    fix: 'Correct the token; the address is heard again when the time in Retry-After is over.',
  },
  FEED_BAD_BODY: {
    title: 'A body that was handed over cannot be read; nothing of it was taken',
    fix: 'Send a JSON array (application/json) or one item per line (application/x-ndjson), UTF-8, perhaps gzip; repeating it as it is will not help.',
  },
  FEED_TOO_LARGE: {
    title: 'More was handed over at once than is taken; nothing of it was taken',
    fix: 'Send at most 8 MiB and 10,000 items in one body, and no frame longer than ocpp.limits.maxFrameBytes.',
  },
  FEED_BAD_ITEM: {
    title: 'An item that was handed over does not fit its schema',
    fix: 'Correct it as the message says (docs/feed.openapi.json); repeating it as it is will not help. The other items were taken.',
  },
  FEED_NOT_FED: {
    title: 'A station of which frames were handed over is not attached by the feed',
    fix: 'Set ocpp.attach: feed at the station, or leave its frames out: they come here another way.',
  },
  FEED_STATION_KNOCKS: {
    title: 'A station whose CSMS hands over its frames wanted to connect here itself',
    fix: 'Correct the URL in the charger: it belongs to its CSMS. Or attach it by csms or proxy.',
  },
  FEED_BUSY: {
    title: 'Too many bodies wait to be taken; this one was not',
    fix: 'Send it again after the seconds in Retry-After, one body after the other.',
  },
  FEED_NOT_STORED: {
    title: 'What was handed over could not be stored, so it has to come again',
    fix: 'Send the same body again; what was stored of it counts once. Bring the store back.',
  },
  FEED_SILENT: {
    title: 'The CSMS hands over nothing any more, so nobody knows how its stations are',
    fix: 'Look whether its feed runs and reaches listen.feed; where there is nothing to tell, it sends an empty list or a ping within ocpp.feed.silenceSeconds.',
  },
  FEED_GAP: {
    title: 'Items are missing in what the CSMS handed over: its numbers have a gap',
    fix: 'Have the CSMS send them again, in any order; seq must count what it hands over, and nothing else.',
  },
  FEED_NO_COMMAND: {
    title: 'An answer was handed in to a command that is not known',
    fix: 'Answer under the commandId of the request to the webhook; commands are forgotten some minutes after a restart of the bridge.',
  },
  FEED_WEBHOOK_REFUSED: {
    title: 'The CSMS refused to carry out a command of the bridge',
    fix: 'Look at its answer and log; 401 and 403: compare ocpp.feed.webhook.secret or token.',
  },
  FEED_WEBHOOK_FAILED: {
    title: 'A command of the bridge did not reach the CSMS, or its webhook did not answer as it should',
    fix: 'Look at ocpp.feed.webhook.url and at the log of the CSMS; the journal has each attempt (Webhook).',
  },
} as const satisfies Record<string, ErrorEntry>;
