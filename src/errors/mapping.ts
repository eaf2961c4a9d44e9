import type { ErrorEntry } from './index.js';

/** Errors of mapping tables: of a run, and of the check before it. */
export const mappingErrors = {
  // Errors of a run.
  MAP_REFUSED: {
    title: 'The tables do not pass their checks',
    fix: 'Correct what the diagnostics name; `depotbridge check` shows them without starting the bridge.',
  },
  MAP_NO_ROW: {
    title: 'No row of a table fits the input',
    fix: 'Add a row, or an overlay for this vendor; the payload is in the journal under the id given.',
  },
  MAP_IDENTITY: {
    title: 'An identity in the message is not known to this depot',
    fix: 'Add the station, point or vehicle to the configuration; the object is parked and can be run again.',
  },
  MAP_MISSING: {
    title: 'A required target field got no value',
    fix: 'Send the field at the source, or give the target another source in the table.',
  },
  MAP_TRANSFORM_FAILED: {
    title: 'A value cannot be transformed as the table says',
    fix: 'Correct the value at its sender, or repair it by an overlay for this vendor.',
  },
  MAP_BOUNDS: {
    title: 'A value is longer, larger or smaller than the target allows',
    fix: 'Correct the value at its sender; for texts, `by: cut` in the table shortens it.',
  },
  MAP_INPUT: {
    title: 'A mapping got an input that is missing, of the wrong type or has a forbidden key',
    fix: 'Validate the payload first; `__proto__`, `constructor` and `prototype` are never accepted as keys.',
  },
  MAP_LOSS: {
    title: 'A value was present that this version of the target cannot carry',
    fix: 'Nothing: the loss is declared by `drop` in the table. Use a newer version of the peer protocol to keep it.',
  },
  MAP_NOT_A_NUMBER: {
    title: 'A sampled value is not a number and was not used',
    fix: 'Correct the meter or charger, or repair the value by an overlay for this vendor.',
  },
  MAP_IMPLAUSIBLE: {
    title: 'A reading lies outside of what its quantity can be',
    fix: 'Look at the unit and multiplier in the raw payload; if the station labels its values wrongly, repair them by an overlay.',
  },
  MAP_UNKNOWN_UNIT: {
    title: 'The unit of a sampled value is unknown or does not fit its measurand; the value was not used',
    fix: 'Add the unit to `units` of the fold, or repair it by an overlay for this vendor.',
  },
  MAP_UNKNOWN_MEASURAND: {
    title: 'A sampled value has a measurand that no table takes; it was not used',
    fix: 'Add it to `take` or `ignore` of the fold, or repair it by an overlay for this vendor.',
  },
  MAP_UNKNOWN_CONTEXT: {
    title: 'A sampled value has a reading context that the table does not list; it was not used',
    fix: 'Add it to `contexts` of the fold, or repair it by an overlay for this vendor.',
  },
  MAP_NOT_PARKED: {
    title: 'Nothing of this journal id is parked',
    fix: 'List what is parked with `depotbridge parked`; it may have been applied or removed meanwhile.',
  },
  // Payloads given to the command line.
  PAYLOAD_UNREADABLE: {
    title: 'The file of a payload cannot be read',
    fix: 'Check the path; `-` reads standard input.',
  },
  PAYLOAD_NOT_JSON: {
    title: 'The payload given is not JSON',
    fix: 'Give one JSON object, or a whole OCPP-J call.',
  },
  PAYLOAD_UNUSED: {
    title: 'No mapping makes anything of the payload',
    fix: 'Look at it with `depotbridge translate`: what `only` of the mappings asks for may not be there.',
  },
  PAYLOAD_NOT_MEANT: {
    title: 'The JSON given is not the payload that is asked for',
    fix: 'Give the payload as a JSON object, or the call that holds it: `[2, "id", "action", {…}]`.',
  },
  // Errors of the check: the tables are wrong, nothing was run.
  MAP_SYNTAX: {
    title: 'The file is not valid YAML in UTF-8',
    fix: 'Correct the line named.',
  },
  MAP_FILE: {
    title: 'A folder or file of tables cannot be read',
    fix: 'Check the path and its permissions.',
  },
  MAP_INCOMPLETE: {
    title: 'A mapping that the bridge needs is not among the tables',
    fix: 'Add the file that holds it; the tables that ship are `builtin`, and folders of your own only add to them.',
  },
  MAP_DOCUMENT: {
    title: 'A document, key or value is not part of the mapping format',
    fix: 'See docs/mapping-format.md; correct the key or its value.',
  },
  MAP_DUPLICATE: {
    title: 'A name or row id is used twice',
    fix: 'Give one of them another name.',
  },
  MAP_UNKNOWN: {
    title: 'No mapping has this name',
    fix: 'Correct the name; `depotbridge check --list` lists all mappings.',
  },
  MAP_SCHEMA: {
    title: 'No message schema has this name',
    fix: 'Correct the name: `<space>.<Definition>`, for example `ocpp16.StatusNotification`.',
  },
  MAP_PATH: {
    title: 'The schema has no such path',
    fix: 'Correct the path; paths start with an alias of `from` or `to`.',
  },
  MAP_FORBIDDEN_KEY: {
    title: 'A path has `__proto__`, `constructor` or `prototype` in it',
    fix: 'Remove the path.',
  },
  MAP_ENUM: {
    title: 'A value is not among those the schema allows',
    fix: 'Use one of the values listed.',
  },
  MAP_VOCABULARY: {
    title: 'A word is not in the vocabulary of this free-text field',
    fix: 'Correct the word, or add it to the vocabulary of the schema.',
  },
  MAP_TYPE: {
    title: 'Source and target have different types',
    fix: 'Use a transform of the closed list, or a table.',
  },
  MAP_TRANSFORM: {
    title: 'The transform does not exist or does not take this type',
    fix: 'Use one of the transforms in docs/mapping-format.md, section 4.',
  },
  MAP_UNIT: {
    title: 'The units of source and target cannot be converted',
    fix: 'Take another source, or correct the unit of the path in the schemas.',
  },
  MAP_FRACTION: {
    title: 'A number that may have a fraction goes into an integer',
    fix: 'Add `round: true`, `down` or `up`.',
  },
  MAP_GAP: {
    title: 'A combination of inputs is fitted by no row',
    fix: 'Add a row for it.',
  },
  MAP_OVERLAP: {
    title: 'A combination of inputs is fitted by two rows',
    fix: 'Narrow one of the rows.',
  },
  MAP_UNREACHABLE: {
    title: 'A row can never fit',
    fix: 'Remove the row, or correct its cells.',
  },
  MAP_ELSE_COUNT: {
    title: '`else-covers` does not agree with the number of values that `else` stands for',
    fix: 'Look at the values listed; if `else` is right for all of them, correct the number.',
  },
  MAP_TOO_COMPLEX: {
    title: 'A table or object has too many combinations to be proven',
    fix: 'Split it, or read fewer inputs.',
  },
  MAP_REQUIRED: {
    title: 'A required target is not set in every case',
    fix: 'Give it a source that is always present, or make the object by `groups` only when it is.',
  },
  MAP_DOUBLE: {
    title: 'A target is set twice',
    fix: 'Remove one of the sources.',
  },
  MAP_UNSET: {
    title: 'An optional target is neither set nor listed under `leave`',
    fix: 'Set it, or add it to `leave`.',
  },
  MAP_UNREAD: {
    title: 'A source field is neither read nor listed under `ignore`',
    fix: 'Read it, or add it to `ignore`.',
  },
  MAP_STALE: {
    title: 'An entry of `ignore`, `leave`, `lossy` or `drop` is used after all',
    fix: 'Remove the entry.',
  },
  MAP_CYCLE: {
    title: 'Mappings use or extend each other in a circle',
    fix: 'Break the circle.',
  },
  MAP_FOLD: {
    title: 'The fold of sampled values is not complete',
    fix: 'Correct the entry named.',
  },
  MAP_REVERSE: {
    title: 'This part cannot be reversed',
    fix: 'List it under `lossy`, or write the other direction as a mapping of its own.',
  },
  MAP_EXAMPLE: {
    title: 'An example does not fit its schema or does not give what it says',
    fix: 'Compare both; correct the example or the table.',
  },
  MAP_ROUND_TRIP: {
    title: 'An example does not come back as it went',
    fix: 'Correct the table, or list what is lost under `lossy`.',
  },
  MAP_UNSHOWN: {
    title: 'A row or target is not shown by any example',
    fix: 'Add an example that uses it.',
  },
  MAP_OVERLAY: {
    title: 'An overlay does not fit the mapping it is for',
    fix: 'Correct the table, column or path named.',
  },
  MAP_COLLISION: {
    title: 'Two overlays of one level decide the same cell',
    fix: 'Narrow the selection of one of them.',
  },
} as const satisfies Record<string, ErrorEntry>;
