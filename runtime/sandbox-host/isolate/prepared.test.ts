import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ivm from 'isolated-vm';
import { afterEach, describe, expect, it } from 'vitest';
import { eraseTypes } from '../../typescript/erase-types.ts';
import { KeptScript } from './kept-script.ts';
import { scriptOf } from './prelude-script.ts';
import { type IsolateParts, IsolateReserve, type PreparedIsolate } from './prepared.ts';

const guest = join(import.meta.dirname, '..', '..', 'guest');
const sources = readdirSync(guest).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
/** As the supervisor stages it. */
const sourcesOfPrelude = new Map(
  await Promise.all(
    sources.map(async (name) => {
      const erased = await eraseTypes(readFileSync(join(guest, name), 'utf8'));
      return [name.replace('.ts', '.js'), erased.replaceAll(/(['"]\.\/[^'"]+)\.ts/g, '$1.js')] as const;
    }),
  ),
);

const taken: PreparedIsolate[] = [];
afterEach(() => {
  for (const { target } of taken.splice(0)) if (!target.isolate.isDisposed) target.isolate.dispose();
});

/** A reserve, and how many isolates it has made. */
function reserveOf(heapMb: number) {
  const made: ivm.Isolate[] = [];
  class Counted extends ivm.Isolate {
    constructor(options: ivm.IsolateOptions) {
      super(options);
      made.push(this);
    }
  }
  const parts: IsolateParts = {
    ivm: { ...ivm, Isolate: Counted },
    prelude: new KeptScript('prelude.js', scriptOf(sourcesOfPrelude, 'prelude.js')),
    polyfills: new Map(),
    guestApi: '',
  };
  const reserve = new IsolateReserve(parts, heapMb);
  const take = (wanted: number): PreparedIsolate => {
    const prepared = reserve.take(wanted);
    taken.push(prepared);
    return prepared;
  };
  return { reserve, take, made };
}

describe('IsolateReserve', () => {
  it('gives the isolate that is ready, hardened and without a trace of anyone', () => {
    const { reserve, take, made } = reserveOf(64);
    reserve.fill();
    reserve.fill();
    expect(made).toHaveLength(1);
    const { target } = take(64);
    expect(made).toHaveLength(1);
    expect(target.context.evalSync('[Object.isFrozen(Array.prototype), typeof eval].join()')).toBe('true,undefined');
  });

  it('never gives one twice', () => {
    const { reserve, take } = reserveOf(64);
    reserve.fill();
    const first = take(64);
    first.target.context.evalSync('globalThis.left = "behind"');
    const second = take(64);
    expect(second.target.isolate).not.toBe(first.target.isolate);
    expect(second.target.context.evalSync('typeof left')).toBe('undefined');
  });

  it('makes another one where the limit is another, and keeps to that from then on', () => {
    const { reserve, take, made } = reserveOf(64);
    reserve.fill();
    const larger = take(128);
    expect(larger.heapMb).toBe(128);
    expect(made.map(({ isDisposed }) => isDisposed)).toEqual([true, false]);
    reserve.fill();
    expect(take(128).heapMb).toBe(128);
    expect(made).toHaveLength(3);
  });

  it('tells what stands in the way to whoever takes, not to whoever fills', () => {
    const broken = new KeptScript('prelude.js', 'nothing.there();');
    const reserve = new IsolateReserve({ ivm, prelude: broken, polyfills: new Map(), guestApi: '' }, 64);
    expect(() => reserve.fill()).not.toThrow();
    expect(() => reserve.take(64)).toThrow(/nothing is not defined/);
  });
});
