/**
 * The configuration as JSON Schema: the loader validates with it, editors complete with it
 * (`config/depotbridge.schema.json` is generated from here), `config.ts` takes its types from it.
 */
import { ATTACH, CONTROL, ocppSchemas } from './ocpp.schema.js';
import { id, list, object, port, ref, seconds, text } from './schema-parts.js';
import { tariffSchemas } from './tariff.schema.js';

export const DIALECTS = ['1.0.0', '1.1.0', 'draft-2025-05', '2.0.0'] as const;

export const configSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Config',
  ...object('A whole installation in one file.', ['store', 'listen', 'depots'], {
    store: ref('StoreConfig'),
    durability: { enum: ['always', 'everysec'], default: 'everysec' },
    listen: ref('ListenConfig'),
    mappings: list(text, { default: ['builtin'] }),
    tables: { ...ref('TablesConfig'), default: {} },
    depots: list(ref('DepotConfig'), { minItems: 1, maxItems: 1 }),
    vehicles: list(ref('VehicleConfig'), { default: [] }),
    upstreams: list(ref('UpstreamConfig'), { default: [] }),
    ocpi: ref('OcpiConfig'),
    ocpp: { ...ref('OcppConfig'), default: {} },
    journal: { ...ref('JournalConfig'), default: {} },
    log: { ...ref('LogConfig'), default: {} },
  }),
  $defs: {
    StoreConfig: {
      description: 'Where state and journal live.',
      oneOf: [
        object('Embedded: one process, a folder on disk.', ['kind', 'path'], {
          kind: { const: 'lmdb' },
          path: text,
        }),
        object('Redis 7.0 or newer.', ['kind', 'url'], {
          kind: { const: 'redis' },
          url: { type: 'string', pattern: '^rediss?://' },
          cluster: { type: 'boolean' },
        }),
      ],
    },
    TlsConfig: object('PEM texts, best read from files.', ['key', 'cert'], {
      key: text,
      cert: text,
      clientCa: text,
    }),
    ListenConfig: object(
      'Listeners; each is on loopback unless it has authentication and TLS.',
      ['admin', 'ocpp', 'ocpi', 'vdv463'],
      {
        admin: object('Admin API and console.', ['host', 'port'], {
          host: text,
          port,
          token: text,
          tls: ref('TlsConfig'),
        }),
        ocpp: object('Chargers.', ['host', 'port'], { host: text, port, tls: ref('TlsConfig') }),
        ocpi: object('Roaming partners.', ['host', 'port', 'publicUrl'], {
          host: text,
          port,
          publicUrl: { type: 'string', pattern: '^https?://' },
          tls: ref('TlsConfig'),
        }),
        vdv463: object('Upstream systems.', ['host', 'port'], { host: text, port, tls: ref('TlsConfig') }),
        feed: object('A CSMS that hands over copies of its frames, for attach: feed.', ['host', 'port'], {
          host: text,
          port,
          token: {
            ...text,
            description: 'Asked for as Authorization: Bearer; in clear or hashed (sha256:…, scrypt:…).',
          },
          tls: ref('TlsConfig'),
        }),
      },
    ),
    DepotConfig: object('One depot.', ['id', 'name', 'timeZone', 'stations'], {
      id,
      name: text,
      timeZone: text,
      address: object(
        'Postal address and position, for OCPI.',
        ['street', 'city', 'country', 'latitude', 'longitude'],
        {
          street: text,
          postalCode: text,
          city: text,
          country: { type: 'string', pattern: '^[A-Z]{3}$' },
          latitude: { type: 'string', pattern: '^-?[0-9]{1,2}\\.[0-9]{4,7}$' },
          longitude: { type: 'string', pattern: '^-?[0-9]{1,3}\\.[0-9]{4,7}$' },
        },
      ),
      gridLimitKw: { type: 'number', exclusiveMinimum: 0 },
      charging: { ...ref('ChargingConfig'), default: {} },
      stations: list(ref('StationConfig')),
    }),
    ChargingConfig: object('How requests become limits.', [], {
      policy: { enum: ['forward', 'asap', 'deadline'], default: 'forward' },
      profileIdBase: {
        type: 'integer',
        minimum: 1,
        maximum: 2_147_000_000,
        default: 463_000,
        description:
          'First chargingProfileId of ours. Two per charging point follow: one for its transaction, one for those to come.',
      },
      minPushSeconds: {
        type: 'number',
        minimum: 0,
        default: 30,
        description: 'Least time between two limits to one point, unless the newer is lower.',
      },
      readBackSeconds: {
        type: 'number',
        minimum: 0,
        default: 5,
        description:
          'So long after a charger has taken a limit, it is asked what it applies (GetCompositeSchedule), and every 15 minutes from then on. 0: never.',
      },
      horizonHours: { type: 'number', exclusiveMinimum: 0, default: 24 },
      beforePlugIn: ref('BeforePlugInConfig'),
    }),
    BeforePlugInConfig: {
      description:
        'What a vehicle may draw that has no plan yet, for every charging point, as far as the plans leave it; a share of 0.25 if left out.',
      oneOf: [
        { const: 'none' },
        object('As much of the grid limit divided by all points.', ['share'], {
          share: { type: 'number', minimum: 0, maximum: 1 },
        }),
        object('So much at every point.', ['limitKw'], { limitKw: { type: 'number', minimum: 0 } }),
      ],
    },
    StationConfig: object('One charging station.', ['id', 'ocpp', 'points'], {
      id,
      ocpp: object('How it connects.', ['identity'], {
        identity: id,
        attach: {
          enum: ATTACH,
          description: 'As ocpp.attach, for this station alone.',
        },
        control: { enum: CONTROL, description: 'As ocpp.csms.control, for this station alone.' },
        password: text,
        protocols: list(
          { enum: ['ocpp2.1', 'ocpp2.0.1', 'ocpp1.6'] },
          {
            minItems: 1,
            description:
              'Versions to speak, the preferred first. Left out: the newest that the charger offers.',
          },
        ),
        securityProfile: {
          enum: [1, 2, 3],
          description:
            'Security profile of OCPP: 1 password, 2 TLS and password, 3 certificates on both sides. Left out: what listen.ocpp.tls asks of all.',
        },
      }),
      maxPowerKw: { type: 'number', exclusiveMinimum: 0 },
      points: list(ref('PointConfig'), { minItems: 1 }),
    }),
    PointConfig: object(
      'One place to charge: OCPP 1.6 connector, 2.x EVSE.',
      ['id', 'standard', 'format', 'powerType', 'maxVoltage', 'maxAmperage'],
      {
        id,
        evse: { type: 'integer', minimum: 1, description: 'OCPP 2.x evseId' },
        connector: {
          type: 'integer',
          minimum: 1,
          description: 'OCPP 1.6 connectorId; with evse: its connector there, 1 if left out',
        },
        standard: text,
        format: { enum: ['SOCKET', 'CABLE'] },
        powerType: { enum: ['AC_1_PHASE', 'AC_2_PHASE', 'AC_2_PHASE_SPLIT', 'AC_3_PHASE', 'DC'] },
        maxVoltage: { type: 'integer', minimum: 1, description: 'V; AC: phase to neutral' },
        maxAmperage: { type: 'integer', minimum: 1, description: 'A; AC: per phase' },
        phases: { enum: [1, 2, 3] },
        meterId: { ...text, maxLength: 255, description: 'The meter behind it, as invoices are to name it.' },
      },
    ),
    VehicleConfig: object('One vehicle.', ['id'], {
      id,
      batteryKwh: { type: 'number', exclusiveMinimum: 0 },
      maxPowerKw: { type: 'number', exclusiveMinimum: 0 },
      tokens: list(text),
      evccId: text,
    }),
    UpstreamConfig: object('One VDV 463 presystem.', ['presystemId', 'kind', 'user', 'password', 'dialect'], {
      presystemId: id,
      kind: { enum: ['BMS', 'ITCS'] },
      user: text,
      password: text,
      dialect: { enum: DIALECTS },
      intervalSeconds: seconds(15),
      lenient: { type: 'boolean', default: false },
      timeoutSeconds: seconds(10),
      retries: { type: 'integer', minimum: 0, default: 3 },
      pingSeconds: seconds(30),
    }),
    ...ocppSchemas,
    OcpiConfig: object('Roaming.', ['party', 'currency'], {
      party: object('Who we are.', ['countryCode', 'partyId', 'name'], {
        countryCode: { type: 'string', pattern: '^[A-Z]{2}$' },
        partyId: { type: 'string', pattern: '^[A-Z0-9]{3}$' },
        name: text,
      }),
      currency: { type: 'string', pattern: '^[A-Z]{3}$' },
      tariffs: list(ref('TariffConfig'), { default: [] }),
      cdrs: { ...ref('CdrsConfig'), default: {} },
      partners: list(ref('PartnerConfig'), { default: [] }),
      allowPrivateAddresses: {
        type: 'boolean',
        description:
          'Let partner URLs be loopback or private; true by default only while publicUrl is loopback.',
      },
    }),
    PartnerConfig: object(
      'One roaming partner and what it may see.',
      ['id', 'roles', 'versions', 'tokenA', 'grants'],
      {
        id,
        roles: list(
          object('A role of the partner.', ['role', 'countryCode', 'partyId'], {
            role: { enum: ['EMSP', 'HUB', 'NSP', 'NAP', 'SCSP', 'OTHER'] },
            countryCode: { type: 'string', pattern: '^[A-Z]{2}$' },
            partyId: { type: 'string', pattern: '^[A-Z0-9]{3}$' },
          }),
          { minItems: 1 },
        ),
        versions: list({ enum: ['2.1.1', '2.2.1', '2.3.0'] }, { minItems: 1 }),
        tokenA: { type: 'string', pattern: '^[!-~]{1,64}$' },
        grants: list(
          object('What the partner may see.', ['depot', 'points'], {
            depot: id,
            points: list(id, { minItems: 1 }),
            publish: { type: 'boolean', default: false },
            tariff: {
              ...id,
              description:
                'What its guests pay at these points, by the id of a tariff. Left out: no tariff is published and no CDR is made.',
            },
          }),
        ),
      },
    ),
    ...tariffSchemas,
    LogConfig: object('What is logged.', [], {
      level: { enum: ['trace', 'debug', 'info', 'warn', 'error', 'silent'], default: 'info' },
    }),
    TablesConfig: object('How changed tables take their place.', [], {
      watch: {
        type: 'boolean',
        default: false,
        description: 'Read the tables again when their files change; SIGHUP and the admin API always can.',
      },
      shadowReplay: {
        type: 'integer',
        minimum: 0,
        maximum: 10_000,
        default: 200,
        description: 'How many of the last received payloads go through old and new tables before the swap.',
      },
    }),
    JournalConfig: object('How long raw payloads are kept.', [], {
      keepDays: { type: 'number', exclusiveMinimum: 0, default: 30 },
      maxGb: { type: 'number', exclusiveMinimum: 0, default: 10 },
    }),
  },
} as const;
