/** JSON Schema of what a scenario says of its stations. Its descriptions are what docs/simulator.md says of each key. */

type Schema = Readonly<Record<string, unknown>>;

const text = (description: string): Schema => ({ type: 'string', minLength: 1, description });
const always = (description: string): Schema => ({ type: 'boolean', description });

/** What stations of a scenario do wrong all the time; what they do wrong at one time is a step. */
export const quirks = {
  type: 'object',
  additionalProperties: false,
  description: 'what it does wrong all the time',
  properties: {
    pipelined: always('sends calls without waiting for the answer of the one before'),
    duplicateStop: always('sends every StopTransaction (2.0.1: Ended event) twice'),
    transactionIdMinusOne: always('1.6: says -1 until the id of a transaction is known'),
    errorCode: text(
      '1.6: sends this errorCode in StatusNotification, such as Error, which no standard knows',
    ),
    seqNoZero: always('2.0.1: every TransactionEvent has seqNo 0'),
    forgetsProfiles: always('has no charging profiles any more after a restart'),
    refusesTxDefault: always('rejects every TxDefaultProfile'),
    hexPassword: always(
      '1.6: logs in with the digits of its AuthorizationKey instead of the bytes they stand for',
    ),
    noSubprotocol: always('asks for no WebSocket subprotocol'),
  },
} as const;

/** What kind of stations a scenario is played by. */
export const station = {
  type: 'object',
  additionalProperties: false,
  description: 'what kind of station it is',
  properties: {
    vendor: text('as in BootNotification (default Depotbridge)'),
    model: text('as in BootNotification (default Simulator)'),
    firmware: text('as in BootNotification'),
    serialNumber: text('as in BootNotification'),
    phases: { type: 'integer', minimum: 1, maximum: 3, description: 'AC phases of its points (default 3)' },
    settings: {
      type: 'object',
      description:
        'values at delivery: keys of 1.6, such as ChargeProfileMaxStackLevel, or 2.0.1 Component.Variable; texts',
      additionalProperties: { type: 'string' },
    },
    vehicleDataTransfer: {
      type: 'object',
      additionalProperties: false,
      required: ['vendorId', 'messageId'],
      description: 'tells VIN and evccId of a vehicle by this DataTransfer: `vendorId`, `messageId`',
      properties: { vendorId: text('of the message'), messageId: text('of the message') },
    },
    quirks,
  },
} as const;
