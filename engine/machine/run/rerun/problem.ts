import { didYouMean } from '../../../../dsl/did-you-mean.ts';
import {
  assertNever,
  type JobKey,
  type Plan,
  type PlannedJob,
  type StepKey,
  type WaterflowError,
} from '../../../../schemas/index.ts';
import { hasPlugins } from '../../job/planned.ts';
import { jobAt } from '../planned.ts';
import type { Rerun } from '../protocol.ts';
import type { Cell, RunState } from '../state.ts';
import { jobViews } from '../views.ts';
import { type EndedJobs, findEndedCell, selectFailed, selectKey } from './select.ts';

/** What keeps a run from being run again so; undefined where nothing does. */
export function rerunProblem(plan: Plan, state: RunState, rerun: Rerun): WaterflowError | undefined {
  if (state.state !== 'ended') {
    return {
      code: 'RUN_STATE',
      message: "the run hasn't ended, so it can't be run again",
      remedy: 'Wait for its end, or cancel it first.',
    };
  }
  const root: EndedJobs = { root: plan, plan, jobs: state.workflow.jobs, prefix: '' };
  const { what } = rerun;
  switch (what.kind) {
    case 'all':
      return undefined;
    case 'failed':
      return selectFailed(root).size > 0
        ? undefined
        : {
            code: 'RUN_STATE',
            message: 'no job of the run failed or was cancelled',
            remedy: 'Run all of it again, or name the job that is to run again.',
          };
    case 'job':
      return selectKey(root, what.job, { kind: 'whole' }) === undefined ? unknownJob(plan, state, what.job) : undefined;
    case 'step':
    case 'iteration': {
      const found = findEndedCell(root, what.job);
      if (found === undefined) {
        const isThere = selectKey(root, what.job, { kind: 'whole' }) !== undefined;
        return isThere ? notOneThatRan(what.job) : unknownJob(plan, state, what.job);
      }
      const job = jobAt(found.in.plan, found.position);
      return stepProblem(job, what) ?? workspaceProblem(job, found.cell);
    }
    default:
      return assertNever(what);
  }
}

function unknownJob(plan: Plan, state: RunState, job: string): WaterflowError {
  const keys = new Set(jobViews(plan, state).flatMap(({ key, id }) => [key as string, id]));
  return { code: 'INVALID_INPUT', ...notFound('the run has no job', job, keys) };
}

/** A job that was skipped, or one of whose cells is meant. */
function notOneThatRan(job: string): WaterflowError {
  return {
    code: 'RUN_STATE',
    message: `the job ${job} did not run, or ran as several, so there is no step of it to go on from`,
    remedy: 'Name one of its cells or hosts as the run does, or run the whole job again.',
  };
}

function stepProblem(
  job: PlannedJob,
  what: { readonly step: StepKey; readonly index?: number },
): WaterflowError | undefined {
  const step = job.steps.find(({ key }) => key.toLowerCase() === what.step.toLowerCase());
  if (step === undefined) {
    const keys = job.steps.map(({ key }) => key);
    return { code: 'INVALID_INPUT', ...notFound(`the job ${job.id} has no step`, what.step, keys) };
  }
  const { index } = what;
  if (index === undefined) return undefined;
  if (step.body?.kind !== 'for-each') {
    return {
      code: 'INVALID_INPUT',
      message: `the step ${step.key} has no iterations`,
      remedy: 'Name a step that is a `for-each@v1`, or run the job again from the step on.',
    };
  }
  if (Number.isSafeInteger(index) && index >= 0) return undefined;
  return {
    code: 'INVALID_INPUT',
    message: `there is no iteration ${index}`,
    remedy: 'Give the number of an iteration, counted from 0.',
  };
}

/** A job goes on in what its steps left; one that never had a workspace goes on without. */
function workspaceProblem(job: PlannedJob, { key, stage }: Cell): WaterflowError | undefined {
  if (stage.state !== 'ended' || stage.result.attempts === 0) {
    return {
      code: 'RUN_STATE',
      message: `the job ${key} did not run, so there is no step of it to go on from`,
      remedy: 'Run the whole job again.',
    };
  }
  if (stage.result.workspace_kept === true || !hasPlugins(job)) return undefined;
  return workspaceGone(key);
}

function workspaceGone(key: JobKey): WaterflowError {
  return {
    code: 'WORKSPACE_GONE',
    message: `the workspace of ${key} was removed when the job ended, so it can't go on from a step`,
    remedy: 'Run the whole job again, with `keep-workspace: true` if it is to go on from a step the next time.',
  };
}

function notFound(
  what: string,
  name: string,
  known: Iterable<string>,
): { readonly message: string; readonly remedy: string } {
  const names = [...known];
  const meant = didYouMean(name, names);
  const list = names.length > mostNames ? `${names.slice(0, mostNames).join(', ')}, …` : names.join(', ');
  return {
    message: `${what} \`${name}\``,
    remedy: `${meant === undefined ? '' : `Did you mean \`${meant}\`? `}There is: ${list}.`,
  };
}

/** So that a message stays one to read. */
const mostNames = 20;
