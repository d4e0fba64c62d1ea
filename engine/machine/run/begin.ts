import { toText } from '../../../dsl/expressions/index.ts';
import type { Plan, WaterflowError } from '../../../schemas/index.ts';
import { runContexts, workflowContext } from '../contexts.ts';
import { valueOf } from '../templates.ts';
import { failUnbegun } from './advance.ts';
import type { RunFacts } from './protocol.ts';
import { type CreatedRun, hasEnded, type JobNode } from './state.ts';
import { freshJobs, openTurn, type RunTurn } from './turn.ts';

/** What an attempt of a run begins with. `jobs`: what is left of the attempt before. */
export interface AttemptStart extends Pick<CreatedRun, 'cancel' | 'pause'> {
  readonly at: number;
  readonly facts: RunFacts;
  readonly jobs?: readonly JobNode[];
  /** Bytes of outputs of the jobs that are reused. */
  readonly output_bytes?: number;
}

/** Begins an attempt of a run. A name that can't be evaluated fails it before any job begins. */
export function beginAttempt(plan: Plan, start: AttemptStart): RunTurn {
  const { at, facts, cancel, pause, jobs = freshJobs(plan.jobs), output_bytes = 0 } = start;
  const open = jobs.filter((node) => !hasEnded(node)).length;
  const name = nameOf(plan, facts);
  const turn = openTurn(
    plan,
    {
      version: 1,
      state: 'running',
      started_at: at,
      ...(typeof name === 'string' ? { name } : {}),
      workflow: { facts, jobs, open, ...(cancel === undefined ? {} : { cancel }) },
      output_bytes,
      cells: 0,
      ...(pause === undefined ? {} : { pause }),
    },
    at,
  );
  turn.root.unbegun = true;
  turn.agenda.add(turn.root);
  if (name !== undefined && typeof name !== 'string') failUnbegun(turn.root, name);
  return turn;
}

/** `run-name`, in one line; undefined where there is none, or nothing in it. */
function nameOf(plan: Plan, facts: RunFacts): string | WaterflowError | undefined {
  if (plan.run_name === undefined) return undefined;
  const value = valueOf(plan.run_name, {
    contexts: { ...runContexts(facts), workflow: workflowContext(plan, facts) },
  });
  if ('error' in value) return value.error;
  const text = toText(value.ok).replaceAll(/\p{C}/gu, ' ').trim();
  return text === '' ? undefined : text;
}
