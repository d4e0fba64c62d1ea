import { describe, expect, it } from 'vitest';
import type { Executor } from '../../agent/executor/api.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { RunStore, Store } from '../../storage/index.ts';
import { overridden } from '../contract/overridden.ts';
import type { ExampleWorkflow } from '../contract/plans.ts';
import { follow, linesOf, requestOf, resultOf, World } from '../contract/world.ts';
import { createEmbeddedEngine } from './engine.ts';
import { embeddedDriver, engineOn, storeOf } from './testing/driver.ts';

const full = new WaterflowFailure({ code: 'STORAGE_FULL', message: 'no space is left', remedy: 'Free space.' });

/** The store of a world, with some of a run's methods replaced. */
function storeWith(world: World, change: (run: RunStore) => Partial<RunStore>): Store {
  const store = storeOf(world);
  return overridden(store, {
    create: (record) => {
      const run = store.create(record);
      return overridden(run, change(run));
    },
    open: (id) => {
      const run = store.open(id);
      return overridden(run, change(run));
    },
  });
}

/** An engine whose executors differ from the scripted one in some methods. */
function engineWithExecutor(world: World, change: (executor: Executor) => Partial<Executor>) {
  return createEmbeddedEngine({
    store: storeOf(world),
    clock: world.clock,
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    openExecutor: async (run) => {
      const executor = await world.openExecutor(run);
      return overridden(executor, change(executor));
    },
  });
}

const parallel: ExampleWorkflow = {
  hangs: { steps: [{ id: 'forever', with: { hang: true }, retry: { on: ['lost'] } }] },
  talks: {
    steps: [
      { id: 'first', retry: { on: ['lost'] } },
      { id: 'speaks', with: { log: 'hello\n' }, retry: { on: ['lost'] } },
      { id: 'last', retry: { on: ['lost'] } },
    ],
  },
};

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'nothing failed',
    (cause: unknown) => cause,
  );
}

describe('when the journal cannot be written', () => {
  it('stops all work at once, tells why, frees the run, and a resume goes on', async () => {
    using world = new World();
    const dying = engineOn(
      world,
      storeWith(world, (run) => {
        let appends = 0;
        return {
          append: (entries, values) => {
            appends += 1;
            if (appends > 4) throw full;
            run.append(entries, values);
          },
        };
      }),
    );
    const handle = await dying.start(requestOf(parallel));
    const notices = [];
    for await (const notice of handle.notices) notices.push(notice);
    expect(linesOf(notices).at(-1)).not.toContain('summary');
    expect(await failureOf(handle.finished)).toMatchObject({ error: { code: 'STORAGE_FULL' } });
    expect(world.seen.executions.every(({ end }) => end !== undefined)).toBe(true);

    await using engine = embeddedDriver.open(world);
    const resumed = await engine.resume(handle.run, {});
    const { summary } = await follow(resumed, (notice) => {
      if (notice.type === 'job_finished' && notice.job === 'talks') resumed.cancel('seen enough');
    });
    expect(summary.jobs['talks']?.status).toBe('success');
    await dying[Symbol.asyncDispose]();
  });

  it('is as clear when it is a log that cannot be written', async () => {
    using world = new World();
    const store = storeWith(world, () => ({
      appendLog: () => {
        throw full;
      },
    }));
    await using engine = engineOn(world, store);
    const handle = await engine.start(requestOf(parallel));
    expect(await failureOf(handle.finished)).toMatchObject({ error: { code: 'STORAGE_FULL' } });
    expect(world.executionsOf('talks/last')).toEqual([]);
  });

  it('kills nothing that it cannot say it killed', async () => {
    using world = new World();
    const store = storeWith(world, (run) => ({
      append: (entries, values = {}) => {
        if (JSON.stringify(values).includes('cancelled')) throw full;
        run.append(entries, values);
      },
    }));
    await using engine = engineOn(world, store);
    const handle = await engine.start(requestOf(parallel));
    await handle.kill();
    expect(await failureOf(handle.finished)).toMatchObject({ error: { code: 'STORAGE_FULL' } });
  });
});

describe('when the agent breaks', () => {
  it('fails the step where the executor throws', async () => {
    using world = new World();
    await using engine = engineWithExecutor(world, () => ({ execute: () => Promise.reject(new Error('oops')) }));
    const { summary } = await follow(await engine.start(requestOf({ a: { steps: [{ id: 'x' }] } })));
    expect(summary).toMatchObject({
      status: 'failure',
      error: { code: 'INTERNAL', message: expect.stringContaining('oops') },
    });
  });

  it('fails the job where there is no workspace', async () => {
    using world = new World();
    await using engine = engineWithExecutor(world, () => ({ claim: () => Promise.reject(full) }));
    const { summary } = await follow(await engine.start(requestOf({ a: { steps: [{ id: 'x' }] } })));
    expect(summary).toMatchObject({ status: 'failure', jobs: { a: { error: { code: 'STORAGE_FULL' } } } });
  });

  it('warns where a workspace cannot be removed, and goes on', async () => {
    using world = new World();
    const workflow: ExampleWorkflow = { a: { steps: [{ id: 'x' }] }, b: { needs: ['a'], steps: [{ id: 'y' }] } };
    await using engine = engineWithExecutor(world, () => ({ release: () => Promise.reject(new Error('busy')) }));
    const { summary, notices } = await follow(await engine.start(requestOf(workflow)));
    expect(summary).toMatchObject({ status: 'success', jobs: { a: { status: 'success' }, b: { status: 'success' } } });
    const left = notices.filter(({ type }) => type === 'workspace_left');
    expect(left).toMatchObject([
      { job: 'a', reason: 'busy' },
      { job: 'b', reason: 'busy' },
    ]);
    expect(notices.at(-1)?.type).toBe('summary');
  });

  it('resumes a run in whose way an earlier workspace is that cannot be removed', async () => {
    using world = new World();
    const workflow: ExampleWorkflow = { a: { steps: [{ id: 'x' }] }, b: { needs: ['a'], steps: [{ id: 'y' }] } };
    const dying = embeddedDriver.openDoomed(world, 12);
    const handle = await dying.start(requestOf(workflow));
    await handle.finished.catch(() => {});
    await using engine = engineWithExecutor(world, () => ({ release: () => Promise.reject(new Error('busy')) }));
    const { summary } = await follow(await engine.resume(handle.run, {}));
    expect(summary.status).toBe('success');
    const again = await engine.resume(handle.run, {});
    expect(await again.finished).toMatchObject({ status: 'success' });
  });

  it('leaves no lock where its executor cannot be opened', async () => {
    using world = new World();
    const store = storeOf(world);
    await using engine = createEmbeddedEngine({
      store,
      clock: world.clock,
      randomBytes: (length) => new Uint8Array(length),
      openExecutor: () => Promise.reject(full),
    });
    expect(await failureOf(engine.start(requestOf(parallel)))).toBe(full);
    const [run] = store.list();
    expect(run).toBeDefined();
    if (run === undefined) return;
    expect(await failureOf(embeddedDriver.open(world).resume(run, {}))).toMatchObject({
      error: { code: 'RUN_NOT_FOUND' },
    });
  });
});

describe('an engine that is closed', () => {
  it('waits until everything it started is gone, and leaves it to be resumed', async () => {
    using world = new World();
    const engine = embeddedDriver.open(world);
    const handles = [await engine.start(requestOf(parallel)), await engine.start(requestOf(parallel))];
    for await (const notice of handles[1]?.notices ?? []) if (notice.type === 'log') break;
    await engine[Symbol.asyncDispose]();
    expect(world.seen.executions.every(({ end }) => end !== undefined)).toBe(true);
    for (const handle of handles) {
      expect(await failureOf(handle.finished)).toMatchObject({ error: { remedy: expect.stringContaining('Resume') } });
      using store = storeOf(world).open(handle.run);
      expect([...store.entries()].length).toBeGreaterThan(0);
    }
    expect(await failureOf(engine.start(requestOf(parallel)))).toMatchObject({
      error: { message: 'the engine is closed' },
    });
  });

  it.each([
    { what: 'closed', expected: { error: { code: 'CANCELLED' } } },
    { what: 'killed', expected: { status: 'cancelled' } },
  ] as const)('can be $what while it waits for a slot', async ({ what, expected }) => {
    using world = new World();
    const started = await leftWhileRunning(world);
    const engine = engineWithExecutor(world, () => ({ claim: () => new Promise(() => {}) }));
    const handle = await engine.resume(started, {});
    if (what === 'killed') await handle.kill();
    await engine[Symbol.asyncDispose]();
    expect(await handle.finished.catch((cause: unknown) => cause)).toMatchObject(expected);
  });
});

async function leftWhileRunning(world: World) {
  await using engine = embeddedDriver.open(world);
  const started = await engine.start(requestOf(parallel));
  for await (const notice of started.notices) if (notice.type === 'log') break;
  return started.run;
}

describe('secrets', () => {
  it('leave only their names in the folder of the run', async () => {
    using world = new World();
    await using engine = embeddedDriver.open(world);
    const secrets = { TOKEN: 'hunter2-hunter2' };
    const { summary } = await follow(await engine.start(requestOf({ a: { steps: [{}] } }, { secrets })));
    using store = storeOf(world).open(summary.run);
    const kept = JSON.stringify([store.record(), ...store.entries()]);
    expect(kept).toContain('TOKEN');
    expect(kept).not.toContain('hunter2');
    expect(resultOf(summary)).toMatchObject({ status: 'success' });
  });
});
