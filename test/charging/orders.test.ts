/** Who is told first, and who waits. */
import { expect, it } from 'vitest';
import { changeOf, type Order, Orders } from '../../src/charging/orders.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Orders that note when they begin, and end when they are told to. */
function scene() {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const order = (key: string, change: Order['change']): Order => ({
    key,
    station: 'S',
    point: key,
    change,
    run: () => {
      begun.push(key);
      return new Promise((resolve) => ends.set(key, resolve));
    },
  });
  const end = async (key: string) => {
    ends.get(key)?.();
    await turn();
  };
  const done: string[] = [];
  return { begun, order, end, done, orders: new Orders(({ key }) => done.push(key)) };
}

it('lets nobody draw more before those have answered who are to draw less', async () => {
  const { begun, order, end, orders } = scene();
  const all = [order('up', 'raise'), order('down', 'lower'), order('stop', 'other')];
  orders.begin(all);
  expect(begun).toEqual(['down', 'stop']);
  orders.begin(all);
  expect(begun).toEqual(['down', 'stop']);
  await end('down');
  orders.begin([order('up', 'raise')]);
  expect(begun).toEqual(['down', 'stop', 'up']);
});

it('does one thing at a time under a key, and goes on after a failure', async () => {
  const { begun, order, end, done, orders } = scene();
  orders.begin([order('a', 'raise'), order('a', 'raise')]);
  expect(begun).toEqual(['a']);
  await end('a');
  orders.begin([{ ...order('b', 'lower'), run: () => Promise.reject(new Error('no')) }]);
  await turn();
  expect(done).toEqual(['a', 'b']);
  orders.begin([order('c', 'raise')]);
  expect(begun).toEqual(['a', 'c']);
});

it('knows what is more and what is less', () => {
  expect(changeOf(undefined, 5)).toBe('other');
  expect(changeOf(5, 5)).toBe('other');
  expect(changeOf(5, 4)).toBe('lower');
  expect(changeOf(0, 4)).toBe('raise');
});
