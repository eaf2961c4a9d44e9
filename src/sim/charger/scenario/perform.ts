import { once } from 'node:events';
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

/** How long a step waits for the connection that it needs, in real time: a machine may be busy. */
const CONNECTION_MS = 10_000;

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

/** Does what needs a connection as soon as there is one. @throws SimulatorError if none came */
async function whenConnected({ events, strange: station }: ChargerSimulator, act: () => void): Promise<void> {
  const signal = AbortSignal.timeout(CONNECTION_MS);
  // Whoever waited before may have left it half open already.
  while (!station.connected && !signal.aborted)
    await once(events, 'connected', { signal }).catch(() => undefined);
  act();
}

async function beStrange(charger: ChargerSimulator, step: Oddity): Promise<void> {
  const { strange: station } = charger;
  switch (step.do) {
    case 'setClock':
      if (step.to === undefined) return station.setClock(msOf(step.offset ?? '00:00'));
      return station.setClockTo(Date.parse(step.to));
    case 'loseAnswer':
      return station.loseAnswer(step.action);
    case 'repeatLast':
      return whenConnected(charger, () => station.repeatLast(step.action));
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
      return whenConnected(charger, () => station.halfOpen());
    case 'sendRaw':
      return whenConnected(charger, () =>
        station.sendRaw(typeof step.frame === 'string' ? step.frame : JSON.stringify(step.frame)),
      );
  }
}
