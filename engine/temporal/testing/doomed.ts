import { overridden } from '../../contract/overridden.ts';
import type { Engine, RunHandle } from '../../port.ts';
import type { TemporalWorld } from './temporal-world.ts';

/** For tests: an engine that leaves, together with the worker, once so many more events of a run are durable. Another worker comes. */
export function doomed(world: TemporalWorld, engine: Engine, events: number): Engine {
  const countOf = async (run: RunHandle['run']): Promise<number> => {
    let count = 0;
    for await (const _event of engine.readings.events(run, 0)) count += 1;
    return count;
  };
  const dying = async (before: number, opening: Promise<RunHandle>): Promise<RunHandle> => {
    const handle = await opening;
    const { promise: over, resolve } = Promise.withResolvers<'over'>();
    handle.finished.then(
      () => resolve('over'),
      () => resolve('over'),
    );
    void (async () => {
      for (;;) {
        const { promise: changed, resolve: change } = Promise.withResolvers<'changed'>();
        using _watching = engine.readings.watch(handle.run, () => change('changed'));
        if ((await countOf(handle.run)) - before >= events) break;
        if ((await Promise.race([changed, over])) === 'over') return;
      }
      await engine[Symbol.asyncDispose]();
      await world.replaceWorker();
    })();
    return handle;
  };
  return overridden(engine, {
    start: (...given: Parameters<Engine['start']>) => dying(0, engine.start(...given)),
    resume: async (...given: Parameters<Engine['resume']>) => dying(await countOf(given[0]), engine.resume(...given)),
    rerun: async (...given: Parameters<Engine['rerun']>) => dying(await countOf(given[0]), engine.rerun(...given)),
  });
}
