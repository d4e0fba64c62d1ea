import type { RunId } from '../../schemas/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { Engine, RunHandle, RunNotice, RunSummary } from '../port.ts';
import type { Interruption } from './interruptions.ts';
import type { ExampleWorkflow } from './plans.ts';
import type { Execution } from './scripted-executor.ts';
import { answering, type EngineDriver, follow, reach, requestOf, resultOf, type World } from './world.ts';

/** A run whose process died. */
export interface Doomed {
  readonly run: RunId;
  /** The steps that had succeeded before, as everyone was told. */
  readonly succeeded: readonly string[];
}

/** What came of an interrupted run. */
export interface Interrupted {
  readonly result: unknown;
  /** Attempts of steps that ran twice. */
  readonly twice: readonly string[];
  /** Steps that ran again although everyone had been told that they had succeeded. */
  readonly again: readonly string[];
}

/** The end of a run that nothing interrupts. */
export async function uninterrupted(driver: EngineDriver, interruption: Interruption): Promise<RunSummary> {
  await using world = worldOf(driver, interruption);
  await using engine = await driver.open(world);
  await using others = await driver.open(world);
  if (interruption.rival?.since === 'start') await startRival(others, interruption);
  const handle = await beginning(engine, interruption, await earlierAttempt(others, interruption));
  return (await follow(handle, meddling(interruption, handle))).summary;
}

/** Lets the process die after so many events, and another one resume the run; undefined where it came to its end before. */
export async function interrupted(
  driver: EngineDriver,
  interruption: Interruption,
  events: number,
): Promise<Interrupted | undefined> {
  await using world = worldOf(driver, interruption);
  await using others = await driver.open(world);
  if (interruption.rival?.since === 'start') await startRival(others, interruption);
  const earlier = await earlierAttempt(others, interruption);
  const doomed = await interrupt(driver, { world, interruption, events, earlier });
  if (doomed === undefined) return undefined;
  const seenBefore = world.seen.executions.length;
  if (interruption.rival?.since === 'death') await startRival(others, interruption);
  await using engine = await driver.open(world);
  const handle = await goOn(engine, interruption, { doomed, earlier });
  const { summary } = await follow(handle, meddling(interruption, handle));
  const again = world.seen.executions.slice(seenBefore).map(nameOf);
  return {
    result: resultIn(driver, summary),
    twice: executedTwice(world),
    again: again.filter((step) => doomed.succeeded.includes(step)),
  };
}

/** What a run came to that doesn't depend on what is quicker than what. */
export function resultIn(driver: EngineDriver, summary: RunSummary): unknown {
  return resultOf(summary, { iterations: driver.traits.diesAfter === 'each event' });
}

/** Follows a run whose process dies; undefined where it came to its end before. */
export async function doomedBy(
  handle: RunHandle,
  meddle: (notice: RunNotice) => void = () => {},
  jobAttemptsBefore = 0,
): Promise<Doomed | undefined> {
  const notices: RunNotice[] = [];
  for await (const notice of handle.notices) {
    notices.push(notice);
    meddle(notice);
  }
  const dead = await handle.finished.then(
    () => false,
    () => true,
  );
  return dead ? { run: handle.run, succeeded: successesIn(notices, jobAttemptsBefore) } : undefined;
}

/** Attempts of steps that were executed more than once. */
export function executedTwice(world: World): readonly string[] {
  const names = world.seen.executions.map((execution) => `${nameOf(execution)}#${execution.attempt}`);
  return names.filter((name, index) => names.indexOf(name) !== index);
}

function worldOf(driver: EngineDriver, { hosts }: Interruption): World {
  const world = driver.world();
  if (hosts !== undefined) world.hosts = hosts;
  return world;
}

async function interrupt(
  driver: EngineDriver,
  parts: {
    readonly world: World;
    readonly interruption: Interruption;
    readonly events: number;
    readonly earlier: RunId | undefined;
  },
): Promise<Doomed | undefined> {
  const { world, interruption, events, earlier } = parts;
  await using engine = await driver.openDoomed(world, events);
  try {
    const handle = await beginning(engine, interruption, earlier);
    return await doomedBy(handle, meddling(interruption, handle), earlier === undefined ? 0 : 1);
  } catch (cause) {
    // It died before it had begun.
    if (earlier === undefined || !(cause instanceof WaterflowFailure)) throw cause;
    return { run: earlier, succeeded: [] };
  }
}

async function startRival(engine: Engine, { rival }: Interruption): Promise<void> {
  if (rival === undefined) return;
  const handle = await engine.start(requestOf(rival.workflow, { head: { concurrency: { group: 'shared' } } }));
  await reach(handle, { type: 'step_started' });
}

/** The attempt before the one that is interrupted, where there is one. */
async function earlierAttempt(engine: Engine, interruption: Interruption): Promise<RunId | undefined> {
  if (interruption.rerun === undefined) return undefined;
  const { workflow, head = {} } = interruption;
  return (await follow(await engine.start(requestOf(workflow, { head, inputs: { fail: 'yes' } })))).summary.run;
}

function beginning(engine: Engine, interruption: Interruption, earlier: RunId | undefined): Promise<RunHandle> {
  const { workflow, head = {}, rerun } = interruption;
  return earlier === undefined || rerun === undefined
    ? engine.start(requestOf(workflow, { head }))
    : engine.rerun(earlier, { by: 'ada', what: rerun, inputs: { fail: 'no' }, secrets: {} });
}

/** Asks for the rerun again if it wasn't durable that it was asked for. */
async function goOn(
  engine: Engine,
  interruption: Interruption,
  { doomed, earlier }: { readonly doomed: Doomed; readonly earlier: RunId | undefined },
): Promise<RunHandle> {
  if (earlier === undefined) return await engine.resume(doomed.run, {});
  try {
    return await beginning(engine, interruption, earlier);
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure) || cause.error.code !== 'RUN_STATE') throw cause;
    return await engine.resume(doomed.run, {});
  }
}

function meddling({ answer, act }: Interruption, handle: RunHandle): (notice: RunNotice) => void {
  const answers = answering(handle, answer ?? (() => null));
  return (notice) => {
    answers(notice);
    try {
      act?.(notice, handle);
    } catch (cause) {
      if (!(cause instanceof WaterflowFailure)) throw cause;
    }
  };
}

function successesIn(notices: readonly RunNotice[], jobAttemptsBefore: number): readonly string[] {
  const attempts = new Map<string, number>();
  const succeeded = new Set<string>();
  for (const notice of notices) {
    if (notice.type === 'job_started') attempts.set(notice.job, notice.attempt);
    if (notice.type !== 'step_finished' || notice.outcome !== 'success') continue;
    const job_attempt = jobAttemptsBefore + (attempts.get(notice.job) ?? 0);
    succeeded.add(nameOf({ job: notice.job, job_attempt, step: notice.step }));
  }
  return [...succeeded];
}

function nameOf({ job, job_attempt, step }: Pick<Execution, 'job' | 'job_attempt' | 'step'>): string {
  return `${job}#${job_attempt}/${step}`;
}

/** Leaves a run while this step runs, as a process does that ends. */
export async function leaveWhileRunning(
  driver: EngineDriver,
  world: World,
  workflow: ExampleWorkflow,
  { step, secrets = {} }: { readonly step: string; readonly secrets?: Readonly<Record<string, string>> },
): Promise<RunId> {
  const engine = await driver.open(world);
  const handle = await engine.start(requestOf(workflow, { secrets }));
  for await (const notice of handle.notices) {
    if (notice.type === 'step_started' && notice.step === step) break;
  }
  await engine[Symbol.asyncDispose]();
  // The process has left it.
  await handle.finished.then(
    () => {
      throw new Error('the run came to its end');
    },
    () => undefined,
  );
  return handle.run;
}

/** Leaves a run as soon as it tells this. */
export async function left(
  driver: EngineDriver,
  world: World,
  workflow: ExampleWorkflow,
  until: Parameters<typeof reach>[1],
): Promise<RunId> {
  await using engine = await driver.open(world);
  const handle = await engine.start(requestOf(workflow));
  await reach(handle, until);
  return handle.run;
}
