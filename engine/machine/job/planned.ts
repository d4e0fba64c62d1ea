import type { Plan, PlannedJob, PlannedStep } from '../../../schemas/index.ts';
import { calledPlan, plannedJob } from '../run/planned.ts';
import type { JobStart } from '../run/protocol.ts';
import type { JobState } from './state.ts';
import { plainName } from './step/names.ts';

/** The plan of the workflow that a job belongs to: the root plan's own, or one that it calls. */
export function planOfJob(plan: Plan, { workflow }: Pick<JobStart, 'workflow'>): Plan {
  return workflow === undefined ? plan : calledPlan(plan, workflow);
}

/** The job that a state is of, as planned. */
export function plannedJobOf(plan: Plan, state: JobState): PlannedJob {
  return state.state === 'running'
    ? plannedJob(planOfJob(plan, state.start), state.start.id)
    : plannedJob(planOfJob(plan, state), state.job);
}

/** The steps directly inside of a step, of both branches of an `if@v1`. */
export function innerSteps({ body }: PlannedStep): readonly PlannedStep[] {
  if (body === undefined) return [];
  return body.kind === 'if' ? [...body.then, ...body.else] : body.steps;
}

/** A step by its key with the steps around it, whichever iteration it is of; undefined where there is none. Letter case doesn't count. */
export function plannedStepAt(job: PlannedJob, key: string): PlannedStep | undefined {
  const parts = key.split('.');
  const own = parts.pop() ?? '';
  let { steps } = job;
  for (const part of parts) {
    const [, name = part, index] = /^(.*?)(?:\[(\d+)\])?$/.exec(part) ?? [];
    const holder = stepIn(steps, name);
    if (holder?.body?.kind !== (index === undefined ? 'if' : 'for-each')) return undefined;
    steps = innerOf(holder);
  }
  return stepIn(steps, own);
}

/** What a step is called, by its key with the steps around it, as far as that needs no evaluation. */
export function plainStepName(job: PlannedJob, key: string): string {
  const step = plannedStepAt(job, key);
  return step === undefined ? key : plainName(step);
}

/** Where each step of a list stands, by its key in lower case. */
export function positionsIn(steps: readonly PlannedStep[]): ReadonlyMap<string, number> {
  let known = positions.get(steps);
  if (known === undefined) {
    known = new Map(steps.map((step, index) => [step.key.toLowerCase(), index]));
    positions.set(steps, known);
  }
  return known;
}

/** True where any step of a job, or inside of one, is a plugin. */
export function hasPlugins(job: PlannedJob): boolean {
  let known = plugins.get(job);
  if (known === undefined) {
    known = anyPlugin(job.steps);
    plugins.set(job, known);
  }
  return known;
}

function anyPlugin(steps: readonly PlannedStep[]): boolean {
  return steps.some((step) => step.kind === 'plugin' || anyPlugin(innerSteps(step)));
}

function stepIn(steps: readonly PlannedStep[], key: string): PlannedStep | undefined {
  const position = positionsIn(steps).get(key.toLowerCase());
  return position === undefined ? undefined : steps[position];
}

function innerOf(step: PlannedStep): readonly PlannedStep[] {
  let known = inner.get(step);
  if (known === undefined) {
    known = innerSteps(step);
    inner.set(step, known);
  }
  return known;
}

/** Plans don't change and outlive the events of their runs, so what follows from one is found out once. */
const positions = new WeakMap<readonly PlannedStep[], ReadonlyMap<string, number>>();
const plugins = new WeakMap<PlannedJob, boolean>();
const inner = new WeakMap<PlannedStep, readonly PlannedStep[]>();
