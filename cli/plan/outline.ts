import { nextStarts, resolveInputs } from '../../dsl/index.ts';
import type { Simulation } from '../../engine/simulate/index.ts';
import type { JsonObject, Plan, PlannedCall } from '../../schemas/index.ts';
import type { InputOutline, JobOutline, PlanOutline, PluginOutline, StartsOutline } from './api.ts';
import { concurrencyOutline, jobOutline } from './job-outline.ts';
import { type Known, shown, shownEntries } from './known.ts';
import { secretsOf } from './secrets.ts';
import type { GrantsOfSteps } from './step-outline.ts';
import { stepsIn } from './walk.ts';
import { wavesOf } from './waves.ts';

/** What an outline is made of. */
export interface OutlineParts {
  readonly plan: Plan;
  readonly known: Omit<Known, 'workflow'>;
  /** By the places of steps: `release / build/compile`. */
  readonly grants: GrantsOfSteps;
  readonly now: Date;
  readonly simulation?: Simulation;
}

/** How many of the next starts of a schedule are shown. */
const startsShown = 3;

/** What a workflow would run, as far as it is known before a run. */
export function outlineOf({ plan, grants, now, simulation, ...parts }: OutlineParts): PlanOutline {
  const known = { ...parts.known, workflow: workflowOf(plan) };
  const jobs = jobsOf(plan, { root: plan, known, grants, prefix: '' });
  return {
    version: 1,
    workflow: { name: plan.name, file: plan.file, source: plan.source },
    ...(plan.run_name === undefined ? {} : { run_name: shown(plan.run_name, known) }),
    inputs: inputsOf(plan, known.inputs),
    missing_inputs: known.openInputs,
    starts: startsOf(plan, now),
    ...(plan.concurrency === undefined ? {} : { concurrency: concurrencyOutline(plan.concurrency, known) }),
    jobs,
    plugins: pluginsOf(jobs),
    secrets: secretsOf(plan),
    plan,
    ...(simulation === undefined ? {} : { simulation }),
  };
}

interface Place {
  readonly root: Plan;
  readonly known: Known;
  readonly grants: GrantsOfSteps;
  /** Of the keys of the workflow's jobs: `release / `. */
  readonly prefix: string;
}

function jobsOf(plan: Plan, place: Place): readonly JobOutline[] {
  const waves = wavesOf(plan);
  return plan.jobs.map((job) => {
    const { known, grants, prefix, root } = place;
    const key = `${prefix}${job.id}`;
    const outline = jobOutline(job, { known, grants, key, wave: waves.get(job.id) ?? 1 });
    const called = job.calls === undefined ? undefined : root.workflows?.[job.calls.workflow];
    if (job.calls === undefined || called === undefined) return outline;
    const inside = { ...known, ...calledInputs(job.calls, called, known), workflow: workflowOf(called) };
    return {
      ...outline,
      calls: { file: called.file, with: shownEntries(job.calls.with, known) },
      jobs: jobsOf(called, { ...place, known: inside, prefix: `${key} / ` }),
    };
  });
}

/** What is known of the `workflow` context. */
function workflowOf({ name, file }: Plan): Known['workflow'] {
  return { name, file };
}

/** The inputs that a called workflow has, as far as its caller says them before anything runs. */
function calledInputs(call: PlannedCall, called: Plan, known: Known): Pick<Known, 'inputs' | 'openInputs'> {
  const given = Object.entries(shownEntries(call.with, known));
  const values = Object.fromEntries(given.flatMap(([name, value]) => ('value' in value ? [[name, value.value]] : [])));
  const open = new Set(given.flatMap(([name, value]) => ('value' in value ? [] : [name])));
  const declared = Object.entries(called.inputs).filter(([name]) => !open.has(name));
  const resolved = resolveInputs({ ...called, inputs: Object.fromEntries(declared) }, values);
  return { inputs: 'inputs' in resolved ? resolved.inputs : values, openInputs: [...open] };
}

function inputsOf(plan: Plan, inputs: JsonObject): Readonly<Record<string, InputOutline>> {
  return Object.fromEntries(
    Object.entries(plan.inputs).map(([name, { type, required }]) => {
      const value = inputs[name];
      return [name, { type, required, ...(value === undefined ? {} : { value }) }];
    }),
  );
}

function startsOf({ triggers }: Plan, now: Date): StartsOutline {
  const schedules = (triggers?.schedules ?? []).map((schedule) => ({
    cron: schedule.cron,
    timezone: schedule.timezone,
    overlap: schedule.overlap,
    next: nextStarts(schedule, { after: now, count: startsShown }).map((start) =>
      start.toISOString().replace(':00.000Z', 'Z'),
    ),
  }));
  if (triggers?.webhook === undefined) return { schedules };
  const { secret, filter } = triggers.webhook;
  return { schedules, webhook: { secret, ...(filter === undefined ? {} : { filter: filter.expression.source }) } };
}

/** The plugins that would run, each once, with the steps that run it. */
function pluginsOf(jobs: readonly JobOutline[]): readonly PluginOutline[] {
  const found = new Map<string, PluginOutline & { readonly steps: string[] }>();
  for (const { place, step } of stepsIn(jobs)) {
    if (step.plugin === undefined) continue;
    const { name, version, digest, origin } = step.plugin;
    const known = found.get(digest);
    if (known === undefined) found.set(digest, { name, version, digest, origin, steps: [place] });
    else known.steps.push(place);
  }
  return [...found.values()];
}
