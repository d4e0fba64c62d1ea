import { assertNever, type Plan } from '../../../../schemas/index.ts';
import { beginAttempt } from '../begin.ts';
import type { Rerun, RunEvent } from '../protocol.ts';
import type { CellRerun, EndedRun } from '../state.ts';
import { freshJobs, type RunTurn } from '../turn.ts';
import { rerunProblem } from './problem.ts';
import { reusedBytes } from './reuse.ts';
import { type EndedJobs, jobsAgain, type Selection, selectFailed, selectKey } from './select.ts';

/** Begins the next attempt of a run that has ended; undefined where something keeps it from that. */
export function rerunAttempt(
  plan: Plan,
  state: EndedRun,
  { at, rerun }: Extract<RunEvent, { type: 'rerun_requested' }>,
): RunTurn | undefined {
  if (rerunProblem(plan, state, rerun) !== undefined) return undefined;
  const { facts, jobs: ended } = state.workflow;
  const root: EndedJobs = { root: plan, plan, jobs: ended, prefix: '' };
  const selection = selectionOf(root, rerun.what);
  const jobs = selection === 'all' ? freshJobs(plan.jobs) : jobsAgain(root, selection);
  return beginAttempt(plan, {
    at,
    facts: {
      ...facts,
      run_attempt: facts.run_attempt + 1,
      inputs: rerun.inputs ?? facts.inputs,
      secrets: rerun.secrets,
    },
    jobs,
    output_bytes: reusedBytes(jobs),
  });
}

function selectionOf(root: EndedJobs, what: Rerun['what']): Selection | 'all' {
  switch (what.kind) {
    case 'all':
      return 'all';
    case 'failed':
      return selectFailed(root);
    case 'job':
      return selectKey(root, what.job, { kind: 'whole' }) ?? new Map();
    case 'step':
    case 'iteration':
      return selectKey(root, what.job, stepRerun(what)) ?? new Map();
    default:
      return assertNever(what);
  }
}

function stepRerun(what: Extract<Rerun['what'], { readonly kind: 'step' | 'iteration' }>): CellRerun {
  const { step } = what;
  return { kind: 'step', rerun: what.kind === 'step' ? { step } : { step, iteration: what.index } };
}
