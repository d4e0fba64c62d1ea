import { allPlans } from '../../dsl/index.ts';
import {
  isJsonList,
  isJsonObject,
  type Json,
  type Plan,
  type PlannedJob,
  type PlannedStep,
  sameJson,
} from '../../schemas/index.ts';
import type { Change } from './api.ts';

type PlanChange = Pick<Change, 'text' | 'job' | 'step'>;

/** What differs between two plans of a workflow and of those that it calls, in words. Values aren't told. */
export function planChanges(before: Plan, after: Plan): readonly PlanChange[] {
  const old = new Map(named(before));
  const now = new Map(named(after));
  return [
    ...[...now].flatMap(([name, plan]) => {
      const other = old.get(name);
      if (other === undefined) return [{ text: `the workflow ${name} is called now` }];
      return plan.source === other.source ? [] : workflowChanges(other, plan, name === '' ? '' : `in ${name}: `);
    }),
    ...[...old.keys()]
      .filter((name) => !now.has(name))
      .map((name) => ({ text: `the workflow ${name} is called no more` })),
  ];
}

function named(plan: Plan): readonly (readonly [string, Plan])[] {
  const [root = plan] = allPlans(plan);
  return [['', root], ...Object.entries(plan.workflows ?? {})];
}

function workflowChanges(before: Plan, after: Plan, prefix: string): readonly PlanChange[] {
  const { jobs: oldJobs, workflows: _, source: __, file: ___, ...oldHead } = before;
  const { jobs, workflows: ____, source: _____, file: ______, ...head } = after;
  const heads = changedKeys(oldHead, head);
  const byId = (list: readonly PlannedJob[]): ReadonlyMap<string, PlannedJob> =>
    new Map(list.map((job) => [job.id, job]));
  const [old, now] = [byId(oldJobs), byId(jobs)];
  const changes = [
    ...(heads.length === 0 ? [] : [{ text: `${listed(heads)} of the workflow changed` }]),
    ...jobs.flatMap((job): readonly PlanChange[] => {
      const other = old.get(job.id);
      return other === undefined ? [{ text: `job \`${job.id}\` was added`, job: job.id }] : jobChanges(other, job);
    }),
    ...oldJobs.filter(({ id }) => !now.has(id)).map(({ id }) => ({ text: `job \`${id}\` was removed`, job: id })),
  ];
  return changes.map((change) => ({ ...change, text: prefix + change.text }));
}

function jobChanges(before: PlannedJob, after: PlannedJob): readonly PlanChange[] {
  const { steps: oldSteps, ...oldHead } = before;
  const { steps, ...head } = after;
  const heads = changedKeys(oldHead, head);
  return [
    ...(heads.length === 0 ? [] : [{ text: `${listed(heads)} of job \`${after.id}\` changed`, job: after.id }]),
    ...stepChanges(oldSteps, steps, after.id),
  ];
}

/** Steps with an id are the same by it; the others by what they do, then by their position among those that are left. */
function stepChanges(
  before: readonly PlannedStep[],
  after: readonly PlannedStep[],
  job: string,
): readonly PlanChange[] {
  const left = [...before];
  const take = (isIt: (step: PlannedStep) => boolean): PlannedStep | undefined => {
    const index = left.findIndex(isIt);
    return index === -1 ? undefined : left.splice(index, 1)[0];
  };
  const pairs = new Map<PlannedStep, PlannedStep>();
  const rules: readonly ((step: PlannedStep, old: PlannedStep) => boolean)[] = [
    (step, old) => step.id !== undefined && step.id === old.id,
    (step, old) => step.id === undefined && old.id === undefined && changedKeys(own(old), own(step)).length === 0,
    (step, old) => step.id === undefined && old.id === undefined && step.uses === old.uses && step.key === old.key,
  ];
  for (const isSame of rules) {
    for (const step of after) {
      const old = pairs.has(step) ? undefined : take((candidate) => isSame(step, candidate));
      if (old !== undefined) pairs.set(step, old);
    }
  }
  return [
    ...after.flatMap((step): readonly PlanChange[] => {
      const place = { job, step: step.key };
      const old = pairs.get(step);
      if (old === undefined) return [{ text: `step \`${job}/${step.key}\` (${step.uses}) was added`, ...place }];
      const keys = changedKeys(own(old), own(step));
      return keys.length === 0 ? [] : [{ text: `${listed(keys)} of step \`${job}/${step.key}\` changed`, ...place }];
    }),
    ...left.map(({ key, uses }) => ({ text: `step \`${job}/${key}\` (${uses}) was removed`, job, step: key })),
  ];
}

/** What a step is, without where it stands. */
function own(planned: PlannedStep): object {
  return Object.fromEntries(Object.entries(planned).filter(([key]) => !derived.has(key)));
}

/** What of a step comes from where it stands, and from what the others are. */
const derived: ReadonlySet<string> = new Set(['key', 'references', 'outputs']);

/** The names of members that differ, places aside; of an object template the names of its entries: `with.script`. */
function changedKeys(before: object, after: object): readonly string[] {
  // Parts of a plan are JSON; their interfaces only lack JsonObject's index signature.
  const [old, now] = [placeless(before as Json), placeless(after as Json)];
  if (!isJsonObject(old) || !isJsonObject(now)) return [];
  return [...new Set([...Object.keys(now), ...Object.keys(old)])].flatMap((key) => {
    const [one = null, other = null] = [old[key], now[key]];
    if (sameJson(one, other)) return [];
    const [from, to] = [entriesOf(one), entriesOf(other)];
    const name = fileKeys[key] ?? key.replaceAll('_', '-');
    if (from === undefined || to === undefined) return [`\`${name}\``];
    return [...new Set([...to.keys(), ...from.keys()])]
      .filter((entry) => !sameJson(from.get(entry) ?? null, to.get(entry) ?? null))
      .map((entry) => `\`${name}.${entry}\``);
  });
}

/** Keys of a plan that a file has under another name. */
const fileKeys: Readonly<Record<string, string>> = {
  queue_timeout_ms: 'queue-timeout',
  lost_after_ms: 'lost-after',
  calls: 'uses',
  fleet: 'runs-on',
  body: 'steps',
  triggers: 'on',
  call: 'on.workflow_call',
};

/** The entries of an object template, literal or not. */
function entriesOf(template: Json): ReadonlyMap<string, Json> | undefined {
  if (!isJsonObject(template)) return undefined;
  const { kind, value, entries } = template;
  if (kind === 'literal' && isJsonObject(value)) {
    return new Map(Object.entries(value).map(([key, each]) => [key, { kind: 'literal', value: each }]));
  }
  if (kind !== 'object' || !isJsonList(entries)) return undefined;
  return new Map(
    entries.flatMap((entry) =>
      isJsonList(entry) && typeof entry[0] === 'string' ? [[entry[0], entry[1] ?? null]] : [],
    ),
  );
}

function placeless(value: Json): Json {
  if (isJsonList(value)) return value.map(placeless);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, each]) =>
      (key === 'at' && isJsonObject(each) && typeof each['line'] === 'number') || key === 'jumps'
        ? []
        : [[key, placeless(each)]],
    ),
  );
}

function listed(names: readonly string[]): string {
  const [last = '', ...others] = names.toReversed();
  return others.length === 0 ? last : `${others.toReversed().join(', ')} and ${last}`;
}
