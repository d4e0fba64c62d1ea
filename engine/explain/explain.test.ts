import { describe, expect, it } from 'vitest';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { ExampleHead, ExampleWorkflow } from '../contract/plans.ts';
import { answering, follow, reach, requestOf, World } from '../contract/world.ts';
import { embeddedDriver } from '../embedded/testing/driver.ts';
import type { Explanation } from './api.ts';
import { type Errors, explained, failingEngine } from './testing/explained.ts';

/** Runs a workflow on the embedded engine to its end, and explains it. */
async function explanationOf(
  workflow: ExampleWorkflow,
  {
    errors = {},
    head,
    hosts,
  }: { readonly errors?: Errors; readonly head?: ExampleHead; readonly hosts?: readonly string[] } = {},
): Promise<Explanation> {
  using world = new World();
  if (hosts !== undefined) world.hosts = hosts;
  await using engine = failingEngine(world, errors);
  const handle = await engine.start(requestOf(workflow, head === undefined ? {} : { head }));
  await follow(handle);
  return await explained(engine, handle.run);
}

describe('what failed is told with its place, in the words of its reader', () => {
  it.each([
    ['STEP_FAILED', 'exit code 7', 'the script of step `a/s` ended with exit code 7', ['logs', 'rerun']],
    [
      'OUT_OF_MEMORY',
      'more than 64 MiB',
      'step `a/s` (script@v1) needed more memory than it may have',
      ['logs', 'rerun'],
    ],
    [
      'INVALID_INPUT',
      '`url` is no URL',
      "step `a/s` (script@v1) was given what it doesn't take",
      ['validate', 'logs', 'rerun'],
    ],
    [
      'PLUGIN_MISSING',
      'not in this version',
      'the plugin of step `a/s` (script@v1) is not where',
      ['plugin', 'logs', 'rerun'],
    ],
    ['SECRET_MISSING', 'there is no TOKEN', 'step `a/s` needs a secret that could not be had', ['logs', 'rerun']],
    ['SANDBOX_CRASHED', 'it aborted', 'the sandbox of step `a/s` (script@v1) broke', ['logs', 'rerun']],
    ['DENIED', 'no entry', 'step `a/s` (script@v1) was not allowed what it asked for', ['grants', 'logs', 'rerun']],
    ['AGENT_LOST', 'it went', 'the agent `scripted` that ran step `a/s` was lost', ['agents', 'logs', 'rerun']],
  ] as const)('%s', async (code, message, sentence, next) => {
    const workflow = { a: { steps: [{ id: 's', with: { exit_code: 7 } }] } };
    const explanation = await explanationOf(workflow, { errors: { 'a/s': { code, message } } });
    expect(explanation.status).toBe('failure');
    expect(explanation.answer).toContain(`It failed because ${sentence}`);
    expect(explanation.causes).toEqual([
      expect.objectContaining({ code, job: 'a', step: 's', message, at: { file: 'example.yml', line: 1, column: 1 } }),
    ]);
    expect(explanation.causes[0]?.fixes[0]).toBe('Do what the test says.');
    expect(explanation.next.map(({ words }) => words[0])).toEqual(next);
  });

  it('a queue that gives no agent, though no step of the job began', async () => {
    const error = { code: 'QUEUE_TIMEOUT', message: 'no agent of queue gpu took the job within 1h' } as const;
    const { causes, next } = await explanationOf({ a: { queue: 'gpu', steps: [{}] } }, { errors: { a: error } });
    expect(causes).toMatchObject([{ job: 'a', code: 'QUEUE_TIMEOUT', clock: 'queue' }]);
    expect(next[0]?.words).toEqual(['queues']);
  });

  it.each([
    ['step', { a: { steps: [{ id: 's', with: { hang: true }, timeoutMinutes: 1 }] } }],
    ['job', { a: { timeoutMinutes: 1, steps: [{ id: 's', with: { hang: true } }] } }],
    ['answer', { a: { steps: [{ id: 's', uses: 'approval@v1', with: { timeout: '1h' } }] } }],
  ] as const)('whose time it was that ran out: of the %s', async (clock, workflow) => {
    const { causes } = await explanationOf(workflow);
    expect(causes).toMatchObject([{ job: 'a', step: 's', code: 'TIMEOUT', clock }]);
  });

  it('an expression, by its source', async () => {
    const { causes, next } = await explanationOf({ a: { steps: [{ id: 's', if: "fromJSON('[1,') == 1" }] } });
    expect(causes).toMatchObject([{ code: 'EVALUATION_FAILED', step: 's', expression: "fromJSON('[1,') == 1" }]);
    expect(next[0]?.words.slice(0, 2)).toEqual(['eval', "fromJSON('[1,') == 1"]);
  });

  it('an approval that was refused, by whom and why', async () => {
    using world = new World();
    await using engine = embeddedDriver.open(world);
    const handle = await engine.start(requestOf({ a: { steps: [{ id: 'gate', uses: 'approval@v1' }] } }));
    await follow(
      handle,
      answering(handle, () => ({ decision: 'reject', comment: 'not on a Friday' })),
    );
    const { answer, causes } = await explained(engine, handle.run);
    expect(answer).toBe('It failed because step `a/gate` was not approved: ada rejected it: not on a Friday.');
    expect(causes).toMatchObject([{ code: 'REJECTED', step: 'gate' }]);
  });

  it('a step that its agent took with it when that died', async () => {
    using world = new World();
    const doomed = embeddedDriver.open(world);
    const { run, ...handle } = await doomed.start(requestOf({ a: { steps: [{ id: 's', with: { hang: true } }] } }));
    await reach({ run, ...handle }, { type: 'step_started' });
    await doomed[Symbol.asyncDispose]();
    await using engine = embeddedDriver.open(world);
    expect((await explained(engine, run)).waits[0]).toMatchObject({ sentence: 'no process drives the run' });
    await follow(await engine.resume(run, {}));
    expect((await explained(engine, run)).causes).toMatchObject([{ code: 'AGENT_LOST', job: 'a', step: 's' }]);
  });
});

describe('what began it is told apart from what came of it', () => {
  const failing = { id: 's', with: { fail_times: 9 } };

  it('jobs that need the one that failed, however far behind', async () => {
    const explanation = await explanationOf({
      build: { steps: [failing] },
      test: { needs: ['build'], steps: [{}] },
      ship: { needs: ['test'], steps: [{}] },
    });
    expect(explanation.causes.map(({ job }) => job)).toEqual(['build']);
    expect(explanation.consequences).toEqual([
      { job: 'test', status: 'skipped', because: 'it needs job `build`, which failed' },
      {
        job: 'ship',
        status: 'skipped',
        because: 'it needs job `test`, which was skipped, which comes from job `build`',
      },
    ]);
    expect(explanation.skipped).toEqual([]);
  });

  it('cells that the first failed one cancels', async () => {
    using world = new World();
    await using engine = embeddedDriver.open(world);
    const hangs = '${{ matrix.n != 2 }}';
    const request = requestOf({
      m: { matrix: { n: [1, 2, 3] }, steps: [{ id: 's', with: { fail_times: 9, hang: hangs } }] },
    });
    const jobs = request.plan.jobs.map(({ strategy, ...job }) => ({
      ...job,
      ...(strategy === undefined
        ? {}
        : { strategy: { ...strategy, fail_fast: { kind: 'literal', value: true } as const } }),
    }));
    const handle = await engine.start({ ...request, plan: { ...request.plan, jobs } });
    await follow(handle);
    const { causes, consequences } = await explained(engine, handle.run);
    expect(causes.map(({ job }) => job)).toEqual(['m (2)']);
    expect(consequences).toMatchObject([
      { job: 'm (1)', status: 'cancelled', because: 'm (2) failed, and fail-fast is on' },
      { job: 'm (3)', status: 'cancelled' },
    ]);
  });

  it('the job that calls a workflow in which one fails', async () => {
    const { causes, consequences } = await explanationOf(
      { release: { calls: { workflow: 'r.yml' } } },
      { head: { workflows: { 'r.yml': { jobs: { build: { steps: [failing] } } } } } },
    );
    expect(causes).toMatchObject([{ job: 'release / build', step: 's' }]);
    expect(consequences).toEqual([
      { job: 'release', status: 'failure', because: 'a job of the workflow that it calls failed' },
    ]);
  });

  it('the hosts that a canary keeps from beginning', async () => {
    const { causes, consequences } = await explanationOf(
      { deploy: { fleet: { hosts: 'all', canary: 1, batch: 2, max_failures: 0 }, steps: [failing] } },
      { hosts: ['web-1', 'web-2', 'web-3'] },
    );
    expect(causes).toMatchObject([{ job: 'deploy @web-1', agent: 'web-1' }]);
    expect(consequences.map(({ job, status }) => [job, status])).toEqual([
      ['deploy @web-2', 'cancelled'],
      ['deploy @web-3', 'cancelled'],
    ]);
  });

  it('the loop around a step of an iteration', async () => {
    const { causes } = await explanationOf({
      a: { steps: [{ id: 'loop', forEach: { items: [1], steps: [failing] } }] },
    });
    expect(causes.map(({ step }) => step)).toEqual(['loop[0].s']);
  });
});

describe('runs that did not fail', () => {
  it('succeeded, with what was tried again, skipped and allowed to fail', async () => {
    const explanation = await explanationOf({
      a: {
        steps: [
          { id: 'flaky', with: { fail_times: 2 }, retry: { attempts: 3, initialMs: 1000 } },
          { id: 'may', with: { fail_times: 9 }, continueOnError: true },
          { id: 'not', if: "steps.flaky.outcome == 'failure'" },
        ],
      },
    });
    expect(explanation).toMatchObject({
      status: 'success',
      causes: [],
      retried: [{ job: 'a', step: 'flaky', attempts: 3, verdict: 'flaky', failures: [{ attempt: 1 }, { attempt: 2 }] }],
      tolerated: [{ job: 'a', step: 'may', code: 'STEP_FAILED' }],
      skipped: [{ job: 'a', step: 'not', read: [{ path: 'steps.flaky.outcome', value: 'success' }] }],
      next: [],
    });
    expect(explanation.since).toBeUndefined();
  });

  it('counts what failed in every attempt of the run', async () => {
    using world = new World();
    await using engine = embeddedDriver.open(world);
    const workflow = requestOf({ a: { steps: [{ id: 's', with: { fail_times: 9 } }] } });
    const { run } = (await follow(await engine.start(workflow))).summary;
    await follow(await engine.rerun(run, { by: 'ada', what: { kind: 'failed' }, secrets: {} }));
    const { retried } = await explained(engine, run);
    expect(retried).toMatchObject([{ step: 's', attempts: 2, verdict: 'failed each time', failures: [{}, {}] }]);
  });

  it('was cancelled, by whom and why', async () => {
    using world = new World();
    await using engine = embeddedDriver.open(world);
    const handle = await engine.start(requestOf({ a: { steps: [{ id: 's', with: { hang: true } }] } }));
    await follow(handle, (notice) => {
      if (notice.type === 'step_started') handle.operate({ kind: 'cancel', by: 'ada', reason: 'the disk is full' });
    });
    const { answer, causes, cancelled } = await explained(engine, handle.run);
    expect({ causes, reason: cancelled?.reason }).toEqual({ causes: [], reason: 'cancelled by ada: the disk is full' });
    expect(answer).toContain('It was cancelled by ada: the disk is full at 2026-');
  });

  it('waits, and for whom', async () => {
    using world = new World();
    await using engine = embeddedDriver.open(world);
    const handle = await engine.start(
      requestOf({
        a: { steps: [{ id: 'gate', uses: 'approval@v1', with: { approvers: ['ada'], message: 'ship it?' } }] },
        b: { needs: ['a'], steps: [{}] },
      }),
    );
    await reach(handle, { type: 'awaiting' });
    const { answer, waits, next } = await explained(engine, handle.run);
    expect(answer).toBe('It is waiting: step `a/gate` waits for an approval: ship it?.');
    expect(waits.map(({ job, who }) => [job, who])).toEqual([
      ['a', 'ada'],
      ['b', 'nobody: it goes on by itself'],
    ]);
    expect(next[0]?.words).toEqual(['approve', handle.run, 'a/gate']);
  });
});

it('says what it could not read, and explains the rest', async () => {
  using world = new World();
  await using engine = embeddedDriver.open(world);
  const handle = await engine.start(requestOf({ a: { steps: [{ id: 's', with: { fail_times: 9 } }] } }));
  await follow(handle);
  const broken = new WaterflowFailure({ code: 'AUDIT_BROKEN', message: 'the log does not hold', remedy: 'Keep it.' });
  const { gaps, causes } = await explained(engine, handle.run, broken);
  expect({ gaps, causes: causes.length }).toEqual({ gaps: ['its host calls: the log does not hold'], causes: 1 });
});
