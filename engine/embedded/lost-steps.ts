import type { StepTask } from '../../schemas/index.ts';
import { lostError } from '../driving/failures.ts';
import type { Addressed, Consequences, Effect } from '../driving/machines.ts';
import { stepOf } from '../driving/step-name.ts';
import type { Replayed } from './replay.ts';

/** What is outstanding, once the steps that were running are answered. */
export function withoutLost(outstanding: Consequences, begun: Replayed['begun'], at: number): Consequences {
  const lost = outstanding.effects.flatMap((effect) => stepLostIn(effect, begun) ?? []);
  return {
    events: [...outstanding.events, ...lost.map((task) => lostResult(task, at))],
    effects: outstanding.effects.filter((effect) => stepLostIn(effect, begun) === undefined),
  };
}

/** The step that this effect asks for again, if it was running when the process before this one was killed. */
function stepLostIn(effect: Effect, begun: Replayed['begun']): StepTask | undefined {
  if (effect.kind !== 'job' || effect.command.type !== 'run_step') return undefined;
  const { task } = effect.command;
  return begun.has(effect.job, task) ? task : undefined;
}

/** How it ends. What it gave and called is not known any more; the audit log has the calls. */
function lostResult(task: StepTask, at: number): Addressed {
  const nothingKnown = { outputs: {}, host_calls: { allowed: 0, denied: 0 } };
  const result = { outcome: 'failure', class: 'lost', error: lostError(task.step), ...nothingKnown } as const;
  return { machine: { kind: 'job', job: task.job }, event: { type: 'step_finished', at, ...stepOf(task), result } };
}
