import type { ChargerSimulator } from '../simulator.js';
import type { Vehicle } from '../vehicle.js';
import { msOf } from './parse.js';
import { type Deed, isExpectation, type Oddity, type Scenario, type Step } from './steps.js';

type Strangeness = Oddity['do'];
const strange: readonly Strangeness[] = [
  'setClock',
  'loseAnswer',
  'repeatLast',
  'statusOrder',
  'resetMeter',
  'loseLimits',
  'otherLimit',
  'ignoreLimits',
  'hide',
  'answerCalls',
  'secondSocket',
  'halfOpen',
  'sendRaw',
];

const isOddity = (step: Deed | Oddity): step is Oddity => strange.includes(step.do as Strangeness);

/**
 * Does one step that is no expectation; `station` is the number that {n} stands for.
 * @throws SimulatorError when it cannot be done now
 */
export async function perform(
  charger: ChargerSimulator,
  scenario: Scenario,
  step: Step,
  station: number,
): Promise<void> {
  if (isExpectation(step)) return;
  await (isOddity(step) ? beStrange(charger, step) : live(charger, scenario, step, station));
}

/** Each station of a fleet may have vehicles of its own: {n} in their texts is its number, as in identities. */
function numbered(vehicle: Vehicle, station: number): Vehicle {
  const number = String(station).padStart(4, '0');
  const texts = Object.entries(vehicle).map(([key, value]: [string, unknown]) => [
    key,
    typeof value === 'string' ? value.replaceAll('{n}', number) : value,
  ]);
  return Object.fromEntries(texts) as Vehicle;
}

async function live(
  charger: ChargerSimulator,
  scenario: Scenario,
  step: Deed,
  station: number,
): Promise<void> {
  switch (step.do) {
    case 'plugIn': {
      const vehicle = typeof step.vehicle === 'string' ? scenario.vehicles?.[step.vehicle] : step.vehicle;
      return charger.plugIn(step.point, numbered(vehicle as Vehicle, station));
    }
    case 'unplug':
      return charger.unplug(step.point);
    case 'present':
      await charger.present(step.point, step.token);
      return;
    case 'fault': {
      const { blocking, stops } = step;
      const effect = {
        ...(blocking === undefined ? {} : { blocking }),
        ...(stops === undefined ? {} : { stops }),
      };
      return charger.fault(step.point, step.fault, effect);
    }
    case 'clearFault':
      return charger.clearFault(step.point);
    case 'goOffline':
      return charger.goOffline();
    case 'goOnline':
      return charger.goOnline();
    case 'dropConnection':
      return charger.dropConnection();
    case 'reboot': {
      const { transactions } = step;
      return charger.reboot(transactions === undefined ? {} : { transactions });
    }
    case 'wait':
      return undefined;
  }
}

async function beStrange({ strange: station }: ChargerSimulator, step: Oddity): Promise<void> {
  switch (step.do) {
    case 'setClock':
      if (step.to === undefined) return station.setClock(msOf(step.offset ?? '00:00'));
      return station.setClockTo(Date.parse(step.to));
    case 'loseAnswer':
      return station.loseAnswer(step.action);
    case 'repeatLast':
      return station.repeatLast(step.action);
    case 'statusOrder':
      return station.statusOrder(step.status);
    case 'resetMeter':
      return station.resetMeter(step.point, (step.toKwh ?? 0) * 1000);
    case 'loseLimits':
      return station.loseLimits();
    case 'otherLimit':
      return station.otherLimit(step.point, step.kw * 1000);
    case 'ignoreLimits':
      return station.ignoreLimits(step.point);
    case 'hide':
      return station.hide(step.measurands);
    case 'answerCalls': {
      const { do: _do, at: _at, station: _station, spread: _spread, after = '00:01', ...rule } = step;
      return station.answerCalls({ ...rule, afterMs: msOf(after) });
    }
    case 'secondSocket':
      return station.secondSocket(msOf(step.for ?? '00:01'));
    case 'halfOpen':
      return station.halfOpen();
    case 'sendRaw':
      return station.sendRaw(typeof step.frame === 'string' ? step.frame : JSON.stringify(step.frame));
  }
}
