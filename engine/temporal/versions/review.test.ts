import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { JobKey } from '../../../schemas/index.ts';
import { reach, requestOf } from '../../contract/world.ts';
import type { Engine, RunHandle } from '../../port.ts';
import { jobWorkflowId } from '../protocol.ts';
import { surround } from '../testing/surroundings.ts';
import { TemporalWorld } from '../testing/temporal-world.ts';
import { Deployments } from './deployment.ts';
import { type Review, type Reviewer, review } from './review.ts';
import { versionOf, type WorkflowVersion } from './version.ts';

/** More than there are tests. */
const worlds = 4;

const surroundings = (await needs('temporal')) ? await surround(worlds) : undefined;
afterAll(() => surroundings?.temporal[Symbol.asyncDispose]());

describe.skipIf(surroundings === undefined)('with two versions of the workflows', { timeout: 180_000 }, () => {
  const { code = '' } = surroundings?.workflows ?? {};
  const older = versionOf(code);
  const newer = versionOf(`// Of another version.\n${code}`);

  /** Both versions can run there, and a run whose job waits for an approval, or runs a step that goes on until it is told. */
  async function open(): Promise<{ world: TemporalWorld; engine: Engine; reviewerOf: typeof reviewerIn }> {
    const namespace = surroundings?.namespaces[opened];
    opened += 1;
    if (surroundings === undefined || namespace === undefined) throw new Error('no namespace is left');
    const { temporal, workflows } = surroundings;
    const world = new TemporalWorld({ address: temporal.address, namespace, workflows });
    return { world, engine: await world.openEngine(randomBytes), reviewerOf: reviewerIn };

    async function reviewerIn(version: WorkflowVersion, given: Partial<Reviewer> = {}): Promise<Reviewer> {
      const deployments = new Deployments(await world.client(), namespace ?? '');
      const own = { id: version.id, release: version === older ? '0.1.0' : '0.2.0' };
      return { deployments, own, carried: [], now: Date.now, isSettled: false, moved: new Set(), ...given };
    }
  }
  let opened = 0;

  /** Until Temporal knows of the process's worker. */
  async function settled(reviewer: Reviewer): Promise<Review> {
    let came = await review(reviewer);
    await expect
      .poll(async () => (came = reviewer.isSettled ? came : await review(reviewer)).verdict)
      .not.toBe('unknown yet');
    return came;
  }

  /** The version that carries out the execution of a workflow that is the last one by now. */
  async function versionAt(world: TemporalWorld, workflow: string): Promise<string | null | undefined> {
    const { raw } = await (await world.client()).workflow.getHandle(workflow).describe();
    return raw.workflowExecutionInfo?.versioningInfo?.deploymentVersion?.buildId;
  }

  const waiting = requestOf({ build: { steps: [{ id: 'ok', uses: 'approval@v1', with: { timeout: '48h' } }] } });
  const hanging = requestOf({ build: { steps: [{ id: 'hang', with: { hang: true } }] } });
  const jobOf = ({ run }: RunHandle): string => jobWorkflowId(run, 'build' as JobKey);

  it('runs go on by theirs until they can move to the newer one, and new ones begin there', async () => {
    const { world, engine, reviewerOf } = await open();
    await using _world = world;
    await using _older = await world.startVersion(older);
    const before = await reviewerOf(older);
    expect((await settled(before)).verdict).toBe('first');
    const busy = await engine.start(hanging);
    await reach(busy, { type: 'step_started' });
    const idle = await engine.start(waiting);
    await reach(idle, { type: 'awaiting' });
    const soon = { timeout: 60_000 };
    for (const workflow of [busy.run, jobOf(busy), idle.run, jobOf(idle)])
      await expect.poll(() => versionAt(world, workflow), soon).toBe(older.id);

    await using _newer = await world.startVersion(newer);
    const after = await reviewerOf(newer);
    expect((await settled(after)).verdict).toBe('newer');
    // Lists of Temporal lag behind.
    await expect.poll(async () => (await review(after), after.moved.size), soon).toBeGreaterThanOrEqual(4);
    for (const workflow of [busy.run, idle.run, jobOf(idle)])
      await expect.poll(() => versionAt(world, workflow), soon).toBe(newer.id);
    expect(await versionAt(world, jobOf(busy))).toBe(older.id);
    const fresh = await engine.start(waiting);
    await reach(fresh, { type: 'awaiting' });
    await expect.poll(() => versionAt(world, jobOf(fresh)), soon).toBe(newer.id);

    // A process of the older release starts once more, and one that has settled looks again.
    expect((await settled(await reviewerOf(older))).verdict).toBe('left to others');
    expect((await review(before)).verdict).toBe('left to others');
    expect((await review(after)).verdict).toBe('is current');

    await engine.operate(busy.run, { kind: 'cancel', by: 'ada' });
    expect((await busy.finished).status).toBe('cancelled');
    for (const { run } of [idle, fresh]) await engine.operate(run, { kind: 'cancel', by: 'ada' });
    expect([(await idle.finished).status, (await fresh.finished).status]).toEqual(['cancelled', 'cancelled']);
  });

  it('what nobody serves is told, and goes on by a process that carries the older one, too', async () => {
    const { world, engine, reviewerOf } = await open();
    await using _world = world;
    const first = await world.startVersion(older);
    await settled(await reviewerOf(older));
    const run = await engine.start(hanging);
    await reach(run, { type: 'step_started' });
    await first[Symbol.asyncDispose]();

    await using _newer = await world.startVersion(newer);
    // So late that nobody has asked for work of the older one for long.
    const late = { now: () => Date.now() + 600_000 };
    const alone = await reviewerOf(newer, late);
    expect((await settled(alone)).verdict).toBe('deserted');
    await expect
      .poll(async () => (await review(alone)).stranded)
      .toMatchObject([{ version: older.id, release: '0.1.0', count: 2, workflows: expect.arrayContaining([run.run]) }]);

    const carrying = await reviewerOf(newer, { ...late, carried: [older.id] });
    expect(await review(carrying)).toMatchObject({ needed: [older.id], stranded: [] });
    await using _carried = await world.startVersion(older);
    await engine.operate(run.run, { kind: 'cancel', by: 'ada' });
    expect((await run.finished).status).toBe('cancelled');
    expect(world.executionsOf('build/hang')).toHaveLength(1);
  });
});
