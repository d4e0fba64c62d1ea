import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { RunId } from '../../../schemas/index.ts';
import type { Projection } from '../port.ts';
import { createdRun, exampleReport } from './samples.ts';
import type { MakeProjection } from './store.ts';

export function describeWatching(makeProjection: MakeProjection): void {
  describe('who watches', () => {
    it('hears of what is written here and elsewhere, and of a removal', async () => {
      await using store = await makeProjection();
      const [here, elsewhere] = [await store.open(), await store.open()];
      const run = await createdRun(here);
      await using follower = follow(here, run);
      await here.append(exampleReport({ run, from: 1 }, 1));
      expect(await follower.until(1)).toBe(1);
      await elsewhere.append(exampleReport({ run, from: 2 }, 3));
      expect(await follower.until(4)).toBe(4);
      await elsewhere.remove(run);
      expect(await follower.until('gone')).toBe('gone');
    });

    it('hears of a value that is set, here or elsewhere', async () => {
      await using store = await makeProjection();
      const [here, elsewhere] = [await store.open(), await store.open()];
      const run = await createdRun(here);
      for (const [index, who] of [here, elsewhere].entries()) {
        const { promise, resolve } = Promise.withResolvers<undefined>();
        const look = async (): Promise<void> => {
          if ((await here.get(run, 'key')) === index) resolve(undefined);
        };
        using _watching = here.watch(run, () => void look());
        // The first look tells what is there already.
        await elsewhere.append(exampleReport({ run, from: index + 1 }, 1));
        await who.set(run, 'key', index, index + 1);
        await promise;
        expect(await here.get(run, 'key')).toBe(index);
      }
    });

    it('hears of many runs, each by itself, until it is told enough', async () => {
      await using store = await makeProjection();
      const [here, elsewhere] = [await store.open(), await store.open()];
      const runs = await Promise.all(Array.from({ length: 1100 }, () => createdRun(here)));
      const heard = new Set<RunId>();
      const bell = new EventTarget();
      const watching = runs.map((run) =>
        here.watch(run, () => {
          heard.add(run);
          if (heard.size === runs.length) bell.dispatchEvent(new Event('all'));
        }),
      );
      // The first look tells all of them that they are there.
      await once(bell, 'all');
      const [quiet, loud] = [runs[0], runs.at(-1)] as [RunId, RunId];
      using _last = here.watch(loud, () => bell.dispatchEvent(new Event('loud')));
      watching[0]?.[Symbol.dispose]();
      heard.clear();
      await elsewhere.append(exampleReport({ run: quiet, from: 1 }, 1));
      await elsewhere.append(exampleReport({ run: loud, from: 1 }, 1));
      await once(bell, 'loud');
      expect([...heard]).toEqual([loud]);
      for (const each of watching) each[Symbol.dispose]();
    });
  });
}

/** Reads how far a run is whenever it hears of it, and once at the beginning. */
function follow(projection: Projection, run: RunId) {
  const bell = new EventTarget();
  const seen: { place: number | 'gone' } = { place: 0 };
  const look = async (): Promise<void> => {
    seen.place = await projection.last(run).catch(() => 'gone' as const);
    bell.dispatchEvent(new Event('looked'));
  };
  const watching = projection.watch(run, () => void look());
  void look();
  return {
    /** Waits for a place, and gives it. */
    async until(place: number | 'gone'): Promise<number | 'gone'> {
      while (seen.place !== place) await once(bell, 'looked');
      return seen.place;
    },
    async [Symbol.asyncDispose]() {
      watching[Symbol.dispose]();
    },
  };
}
