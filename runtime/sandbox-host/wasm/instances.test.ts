import { createPlugin } from '@extism/extism';
import { describe, expect, it } from 'vitest';
import { hasStart, Instances } from './instances.ts';

/** Of WebAssembly's binary format (core specification 2.0, chapter 5). */
const preamble = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const section = (id: number, ...body: readonly number[]): readonly number[] => [id, body.length, ...body];
const text = (name: string): readonly number[] => [name.length, ...Buffer.from(name)];
const noValues = [0x60, 0, 0];
/** Imports `env tell`, and has a function that calls it, exported under that name. */
const telling = (name: string, ...more: readonly number[]): Uint8Array =>
  Uint8Array.from([
    ...preamble,
    ...section(1, 1, ...noValues),
    ...section(2, 1, ...text('env'), ...text('tell'), 0, 0),
    ...section(3, 1, 0),
    ...section(5, 1, 0, 1),
    ...section(7, 2, ...text(name), 0, 1, ...text('memory'), 2, 0),
    ...more,
    ...section(10, 1, 4, 0, 0x10, 0, 0x0b),
  ]);
const start = section(8, 1);

async function instancesOf(bytes: Uint8Array) {
  const made: number[] = [];
  const counting: typeof createPlugin = (...given) => {
    made.push(made.length);
    return createPlugin(...given);
  };
  return { made, instances: new Instances(counting, await WebAssembly.compile(bytes), bytes) };
}

/** What a module called, each time with its run's name. */
function run(told: string[], name: string) {
  return { env: { tell: () => void told.push(name) } };
}

describe('instances of a module', () => {
  it('are made ahead, and call what their own run gives them', async () => {
    const { made, instances } = await instancesOf(telling('run'));
    const told: string[] = [];
    instances.prepare();
    instances.prepare();
    expect(made).toHaveLength(1);
    const first = await (await instances.take(run(told, 'first'))).getInstance();
    const second = await (await instances.take(run(told, 'second'))).getInstance();
    expect(made).toHaveLength(2);
    for (const { exports } of [second, first, second]) (exports['run'] as () => void)();
    expect(told).toEqual(['second', 'first', 'second']);
    expect(first.exports['memory']).not.toBe(second.exports['memory']);
  });

  it.each([
    ['a start function', telling('run', ...start)],
    ["Haskell's runtime, which Extism starts at once", telling('hs_init')],
  ])('are made by the run alone where a module has %s', async (_what, bytes) => {
    const { made, instances } = await instancesOf(bytes);
    instances.prepare();
    expect(made).toHaveLength(0);
    const told: string[] = [];
    await instances.take(run(told, 'mine'));
    expect(told).toEqual(['mine']);
  });

  it('tells the run why there is no instance, whenever that was tried', async () => {
    const { instances } = await instancesOf(
      Uint8Array.from([...preamble, ...section(2, 1, ...text('env'), ...text('memory'), 2, 0, 1)]),
    );
    instances.prepare();
    await expect(instances.take({})).rejects.toThrow(/memory/u);
  });
});

it('finds a start section behind long ones', () => {
  const long = [0, 0x90, 0x01, ...text('x'), ...Array.from({ length: 142 }, () => 8)];
  expect(hasStart(telling('run'))).toBe(false);
  expect(hasStart(telling('run', ...start))).toBe(true);
  expect(hasStart(Uint8Array.from([...preamble, ...long]))).toBe(false);
  expect(hasStart(Uint8Array.from([...preamble, ...long, ...start]))).toBe(true);
});
