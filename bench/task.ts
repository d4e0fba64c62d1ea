import type { Executor } from '../agent/executor/index.ts';
import type { JobKey, Position, RunId, StepKey, StepTask } from '../schemas/index.ts';

type Claim = Awaited<ReturnType<Executor['claim']>>;

/** Where a measured step stands: in no file that anybody has. */
export const nowhere: Position = { file: 'bench.yml', line: 1, column: 1 };
/** The run of all measured steps. Fits the pattern of parseRunId(). */
export const benchRun = 'run-00000000000000000000000000' as RunId;

/** A step of the only job of a workflow that nobody wrote, with what is its own. */
export function benchTask(own: Pick<StepTask, 'uses' | 'with'> & Partial<StepTask>): StepTask {
  return {
    version: 1,
    run: benchRun,
    run_attempt: 1,
    tenant: 'default',
    workflow: 'bench',
    // Any text is a key here: no other part looks at them.
    job: 'bench' as JobKey,
    job_attempt: 1,
    step: 'step' as StepKey,
    attempt: 1,
    env: [],
    context: {},
    permissions: [],
    timeout: { ms: 1_800_000, own: false },
    at: nowhere,
    ...own,
  };
}

/** Carries a task out; what it logs and asks for is nobody's. */
export function executeAlone(executor: Executor, claim: Claim, task: StepTask): ReturnType<Executor['execute']> {
  return executor.execute(task, {
    claim,
    log: () => {},
    onHostCall: () => {},
    signal: new AbortController().signal,
  });
}
