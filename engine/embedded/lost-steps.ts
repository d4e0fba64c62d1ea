import type { StepTask } from '../../schemas/index.ts';
import { lostError } from './failures.ts';
import type { Addressed, Effect } from './machines.ts';
import type { Replayed } from './replay.ts';
import { stepOf } from './work.ts';

/** The step that this effect asks for again, if it was running when the process before this one was killed. */
export function stepLostIn(effect: Effect, begun: Replayed['begun']): StepTask | undefined {
  if (effect.kind !== 'job' || effect.command.type !== 'run_step') return undefined;
  const { task } = effect.command;
  return begun.has(effect.job, task) ? task : undefined;
}

/** How it ends. What it gave and called is not known any more; the audit log has the calls. */
export function lostResult(task: StepTask, at: number): Addressed {
  const nothingKnown = { outputs: {}, host_calls: { allowed: 0, denied: 0 } };
  const result = { outcome: 'failure', class: 'lost', error: lostError(task.step), ...nothingKnown } as const;
  return { machine: { kind: 'job', job: task.job }, event: { type: 'step_finished', at, ...stepOf(task), result } };
}
