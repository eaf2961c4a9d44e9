import type { Binding } from '../bindings.js';
import { SimulatorError } from '../errors.js';
import type { Station } from '../station.js';
import type { Component201, Variable201, VariableData201 } from './messages.js';

interface Entry {
  readonly component: Component201;
  readonly variable: Variable201;
  readonly binding: Pick<Binding, 'dataType' | 'mutability' | 'unit' | 'maxLimit' | 'read' | 'write'>;
}

/** What GetVariables and SetVariables say about one variable. */
export interface VariableResult {
  readonly attributeStatus: string;
  readonly attributeValue?: string;
}

const same = (a: string | undefined, b: string | undefined): boolean =>
  (a ?? '').toLowerCase() === (b ?? '').toLowerCase();

/** The device model of a 2.0.1 station, as a view of its settings and points. */
export class DeviceModel {
  readonly #entries: readonly Entry[];

  /** `delivered`: values the station leaves the factory with, by `Component.Variable`, read-only ones included. */
  constructor(
    station: Station,
    bindings: readonly Binding[],
    delivered: Readonly<Record<string, string>> = {},
  ) {
    this.#entries = [...bindings.flatMap(entryOf), ...inventory(station)];
    for (const [name, value] of Object.entries(delivered)) {
      const binding = bindings.find((each) => each.variable === name);
      if (!binding) throw new SimulatorError(`the station has no variable ${name}`);
      if (!binding.write(value)) throw new SimulatorError(`variable ${name} does not take "${value}"`);
    }
  }

  get(data: VariableData201): VariableResult {
    const entry = this.#find(data);
    if (typeof entry === 'string') return { attributeStatus: entry };
    if (entry.binding.mutability === 'WriteOnly') return { attributeStatus: 'Rejected' };
    return { attributeStatus: 'Accepted', attributeValue: entry.binding.read() };
  }

  set(data: VariableData201, value: string): VariableResult {
    const entry = this.#find(data);
    if (typeof entry === 'string') return { attributeStatus: entry };
    const taken = entry.binding.mutability !== 'ReadOnly' && entry.binding.write(value);
    return { attributeStatus: taken ? 'Accepted' : 'Rejected' };
  }

  /** The entries of a base report, as NotifyReport's reportData. */
  report(base: 'ConfigurationInventory' | 'FullInventory' | 'SummaryInventory'): object[] {
    const wanted = this.#entries.filter(({ variable, binding }) => {
      if (base === 'FullInventory') return true;
      if (base === 'SummaryInventory')
        return ['AvailabilityState', 'Problem', 'Available'].includes(variable.name);
      return binding.mutability !== 'ReadOnly';
    });
    return wanted.map(({ component, variable, binding }) => ({
      component,
      variable,
      variableAttribute: [
        {
          mutability: binding.mutability,
          ...(binding.mutability === 'WriteOnly' ? {} : { value: binding.read() }),
        },
      ],
      variableCharacteristics: {
        dataType: binding.dataType,
        supportsMonitoring: false,
        ...(binding.unit === undefined ? {} : { unit: binding.unit }),
        ...(binding.maxLimit === undefined ? {} : { maxLimit: binding.maxLimit() }),
      },
    }));
  }

  #find(data: VariableData201): Entry | string {
    const ofComponent = this.#entries.filter(
      ({ component }) =>
        same(component.name, data.component.name) &&
        same(component.instance, data.component.instance) &&
        component.evse?.id === data.component.evse?.id &&
        component.evse?.connectorId === data.component.evse?.connectorId,
    );
    if (ofComponent.length === 0) return 'UnknownComponent';
    const entry = ofComponent.find(
      ({ variable }) =>
        same(variable.name, data.variable.name) && same(variable.instance, data.variable.instance),
    );
    if (!entry) return 'UnknownVariable';
    return (data.attributeType ?? 'Actual') === 'Actual' ? entry : 'NotSupportedAttributeType';
  }
}

function entryOf(binding: Binding): Entry[] {
  const parts = /^(\w+)\.(\w+)(?:\[(\w+)\])?$/.exec(binding.variable ?? '');
  if (!parts) return [];
  const [, component = '', name = '', instance] = parts;
  return [
    {
      component: { name: component },
      variable: { name, ...(instance === undefined ? {} : { instance }) },
      binding,
    },
  ];
}

/** What the station is made of: facts that follow from its points. */
function inventory(station: Station): Entry[] {
  const fact = (
    component: Component201,
    name: string,
    read: () => string,
    dataType: Binding['dataType'] = 'string',
    extra: Pick<Binding, 'unit' | 'maxLimit'> = {},
  ): Entry => ({
    component,
    variable: { name },
    binding: { dataType, mutability: 'ReadOnly', read, write: () => false, ...extra },
  });
  const points = station.outlets.flatMap((outlet) => {
    const { spec } = outlet;
    const evse = { name: 'EVSE', evse: { id: spec.id } };
    const connector = { name: 'Connector', evse: { id: spec.id, connectorId: 1 } };
    const maxLimit = (): number => spec.maxPowerW;
    const availability = (): string => availabilityOf(outlet);
    return [
      fact(evse, 'AvailabilityState', availability, 'OptionList'),
      fact(evse, 'Power', () => String(Math.round(outlet.powerW)), 'integer', { unit: 'W', maxLimit }),
      fact(evse, 'SupplyPhases', () => String(spec.powerType === 'AC' ? spec.phases : 3), 'integer'),
      fact(connector, 'AvailabilityState', availability, 'OptionList'),
      fact(connector, 'ConnectorType', () => (spec.powerType === 'AC' ? 'sType2' : 'cCCS2')),
    ];
  });
  const entries: Entry = {
    component: { name: 'SmartChargingCtrlr' },
    variable: { name: 'Entries', instance: 'ChargingProfiles' },
    binding: {
      dataType: 'integer',
      mutability: 'ReadOnly',
      maxLimit: () => station.settings.maxProfiles,
      read: () => String(station.profiles.all.length),
      write: () => false,
    },
  };
  const whole = { name: 'ChargingStation' };
  return [
    fact(whole, 'AvailabilityState', () => (station.operative ? 'Available' : 'Unavailable'), 'OptionList'),
    entries,
    ...points,
  ];
}

/** Status of a 2.0.1 connector: what a point does within a transaction is `Occupied` here. */
export function availabilityOf(outlet: Station['outlets'][number]): string {
  const { state } = outlet;
  if (state === 'Faulted' || state === 'Unavailable' || state === 'Reserved') return state;
  return outlet.battery ? 'Occupied' : outlet.reservation ? 'Reserved' : 'Available';
}
