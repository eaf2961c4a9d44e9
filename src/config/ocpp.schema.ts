/** The charger side of the configuration, as JSON Schema. */
import { dataPath, list, object, ref, seconds, text } from './schema-parts.js';

/** Ways to attach chargers. */
export const ATTACH = ['csms', 'proxy', 'feed'] as const;
/** What the bridge may do beside the CSMS that a charger already has. */
export const CONTROL = ['observe', 'lease'] as const;

/** What a lease of limits is. */
const LEASE = {
  leaseAs: {
    enum: ['merge', 'cap'],
    default: 'merge',
    description:
      'How a lease meets the limits of the CSMS. merge: a limit for each transaction, the lower of both. cap: one for the whole station, beside those of the CSMS.',
  },
  leaseMinutes: {
    type: 'number',
    minimum: 2,
    maximum: 1440,
    default: 15,
    description: 'So long a limit of the bridge lasts after it was last renewed; renewed at half of it.',
  },
} as const;

export const ocppSchemas = {
  OcppConfig: object('Behaviour of the charger side.', [], {
    attach: {
      enum: ATTACH,
      default: 'csms',
      description:
        'csms: the bridge is the CSMS of the chargers. proxy: they keep their own, and the bridge stands between. feed: their CSMS hands over copies of the frames.',
    },
    csms: ref('CsmsConfig'),
    feed: { ...ref('FeedConfig'), default: {} },
    heartbeatSeconds: { type: 'integer', minimum: 1, default: 60 },
    linkGraceSeconds: seconds(60),
    pingSeconds: seconds(30),
    callTimeoutSeconds: seconds(30),
    acceptUnknownTokens: { type: 'boolean', default: true },
    metering: { ...ref('MeteringConfig'), default: {} },
    limits: { ...ref('OcppLimitsConfig'), default: {} },
    vehicleDataTransfer: list(ref('VehicleDataConfig'), { default: [] }),
  }),
  CsmsConfig: object('The CSMS that chargers already have, for attach: proxy.', ['url'], {
    url: {
      type: 'string',
      pattern: '^wss?://[^\\s?#]+$',
      description: 'Where chargers connected before, without their identity: that is appended.',
    },
    tls: object('For wss: whom to trust, and how to show who we are (security profile 3).', [], {
      ca: text,
      key: text,
      cert: text,
    }),
    checksLogins: {
      type: 'boolean',
      default: false,
      description:
        'The CSMS asks every charger for its password. Then a station needs none here, also beyond loopback.',
    },
    connectSeconds: seconds(10),
    control: {
      enum: CONTROL,
      default: 'observe',
      description:
        'observe: the bridge sends nothing to chargers. lease: it sets limits that end by themselves if it goes.',
    },
    ...LEASE,
  }),
  FeedConfig: object('The CSMS that hands over frames, for attach: feed.', [], {
    control: {
      enum: CONTROL,
      default: 'observe',
      description:
        'observe: the bridge orders nothing. lease: it orders limits by the webhook, which end by themselves if it goes.',
    },
    ...LEASE,
    silenceSeconds: {
      ...seconds(90),
      description:
        'The CSMS says something at least so often, be it a ping; else its stations are lost after linkGraceSeconds. Frames that are older when they come are history.',
    },
    stationSilenceSeconds: {
      ...seconds(1800),
      description:
        'A station of which no frame came for so long is taken for gone, unless the feed has said that it is connected.',
    },
    webhook: ref('WebhookConfig'),
  }),
  WebhookConfig: object('Where the CSMS takes commands for its stations.', ['url'], {
    url: { type: 'string', pattern: '^https?://[^\\s@#]+$' },
    token: { ...text, description: 'Shown to it as Authorization: Bearer.' },
    secret: {
      type: 'string',
      minLength: 16,
      description:
        'Signs each request by HMAC-SHA256, as Standard Webhooks has it; base64 after whsec_, or any text.',
    },
    timeoutSeconds: { ...seconds(10), description: 'For one request.' },
    ca: { ...text, description: 'PEM: whom to trust, if it is no public authority.' },
  }),
  VehicleDataConfig: object(
    'A DataTransfer by which stations of a vendor name the vehicle that is plugged in.',
    ['vendorId'],
    {
      vendorId: { ...text, maxLength: 255 },
      messageId: { ...text, maxLength: 50, description: 'Left out: any message of this vendor.' },
      vin: { ...dataPath, description: 'Where the VIN stands: `data`, or `data.vehicle.vin` in JSON.' },
      evccId: { ...dataPath, description: 'Where the EVCC id (MAC address of the vehicle) stands.' },
      connector: {
        ...dataPath,
        description:
          'Where the OCPP 1.6 connectorId or 2.x evseId stands; not needed for a single charging point.',
      },
      transactionId: { ...dataPath, description: 'Where the id of the transaction stands.' },
    },
  ),
  OcppLimitsConfig: object('What one station, or whoever pretends to be one, can make the bridge do.', [], {
    maxFrameBytes: {
      type: 'integer',
      minimum: 1024,
      default: 262_144,
      description: 'A longer frame ends the connection with 1009.',
    },
    framesPerSecond: {
      type: 'number',
      exclusiveMinimum: 0,
      default: 100,
      description: 'Over a longer time; a station that sends more is read more slowly, and loses nothing.',
    },
    burst: {
      type: 'integer',
      minimum: 1,
      default: 500,
      description: 'Frames at once before the rate counts.',
    },
    badLogins: {
      type: 'integer',
      minimum: 1,
      default: 10,
      description: 'Wrong logins for one identity from one address before it is locked out.',
    },
    lockoutSeconds: seconds(300),
  }),
  MeteringConfig: object('What stations are told to report of a running transaction, if they will.', [], {
    intervalSeconds: { type: 'integer', minimum: 1, default: 30 },
    measurands: list(text, {
      default: ['Energy.Active.Import.Register', 'Power.Active.Import', 'SoC', 'Current.Import', 'Voltage'],
      description: 'Measurands of OCPP; SoC is left out for stations that only have alternating current.',
    }),
  }),
} as const;
