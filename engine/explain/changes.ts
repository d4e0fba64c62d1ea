import { allPlans } from '../../dsl/index.ts';
import { type JsonObject, type Plan, type PluginIdentity, sameJson } from '../../schemas/index.ts';
import type { RunDetails } from '../port.ts';
import type { Change, Comparison } from './api.ts';
import type { ExplanationFacts, KnownRun } from './facts.ts';
import { planChanges } from './plan-diff.ts';

/** Changes that are told of one kind. */
const mostOfKind = 20;

/** What is otherwise than in the last run of the workflow that succeeded. */
export function comparisonOf(facts: ExplanationFacts): Comparison {
  const { baseline } = facts;
  if (baseline === undefined) return { changes: [], same: [] };
  const { run, given } = baseline;
  const parts: readonly (readonly [string, readonly Change[]])[] = [
    ['the workflow file', workflowChanges(run.plan, facts.run.plan)],
    ['the plugins', pluginChanges(run, facts.run)],
    ['the inputs', valueChanges('input', given.inputs, facts.history.given.inputs)],
    ['the variables', valueChanges('variable', given.vars, facts.history.given.vars)],
    ['the names of the secrets', secretChanges(given.secrets, facts.history.given.secrets)],
    ...(facts.grants === undefined || baseline.grants === undefined
      ? []
      : [['what steps are granted', grantChanges(baseline.grants, facts.grants)] as const]),
    ['the agents', agentChanges(run, facts.run)],
  ];
  return {
    run: run.run,
    ...(run.ended_at === undefined ? {} : { ended_at: run.ended_at }),
    changes: parts.flatMap(([, changes]) => bounded(changes)),
    same: parts.flatMap(([name, changes]) => (changes.length === 0 ? [name] : [])),
  };
}

/** Whether two runs had the same workflow, plugins, inputs, variables and grants, as far as these are known of both. */
export function isAlike(known: KnownRun, { run, history, grants }: ExplanationFacts): boolean {
  return (
    isSamePlan(known.run.plan, run.plan) &&
    pluginChanges(known.run, run).length === 0 &&
    sameJson(known.given.inputs, history.given.inputs) &&
    sameJson(known.given.vars, history.given.vars) &&
    grantChanges(known.grants ?? new Map(), grants ?? new Map()).length === 0
  );
}

function isSamePlan(one: Plan, other: Plan): boolean {
  const sources = (plan: Plan): string => JSON.stringify(allPlans(plan).map(({ source }) => source));
  return sources(one) === sources(other);
}

function workflowChanges(before: Plan, after: Plan): readonly Change[] {
  if (isSamePlan(before, after)) return [];
  const changes = planChanges(before, after);
  const [from, to] = [shortDigest(before.source), shortDigest(after.source)];
  const file = from === to ? 'a workflow that it calls is another' : `the workflow file is another: ${from}, now ${to}`;
  const nothing = changes.length === 0 ? ', though what it does is the same' : '';
  return [
    { kind: 'workflow', text: file + nothing },
    ...changes.map((change) => ({ kind: 'workflow' as const, ...change })),
  ];
}

function pluginChanges(before: RunDetails, after: RunDetails): readonly Change[] {
  const found = new Map<string, Change>();
  for (const [job, { steps }] of Object.entries(after.jobs)) {
    for (const [step, { plugin }] of Object.entries(steps)) {
      const old = before.jobs[job]?.steps[step]?.plugin;
      if (plugin === undefined || old === undefined || old.digest === plugin.digest) continue;
      const text = `the plugin ${plugin.name} is ${identityText(plugin)}, and was ${identityText(old)}`;
      if (!found.has(text)) found.set(text, { kind: 'plugin', text, job, step });
    }
  }
  return [...found.values()];
}

function identityText({ name, version, digest }: PluginIdentity): string {
  return `${name} ${version} (${shortDigest(digest)})`;
}

function shortDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}

function valueChanges(kind: 'input' | 'variable', before: JsonObject, after: JsonObject): readonly Change[] {
  return [...new Set([...Object.keys(after), ...Object.keys(before)])].flatMap((name): readonly Change[] => {
    const [old, now] = [before[name], after[name]];
    if (old === undefined) return [{ kind, text: `the ${kind} \`${name}\` is new` }];
    if (now === undefined) return [{ kind, text: `the ${kind} \`${name}\` is no longer given` }];
    return sameJson(old, now) ? [] : [{ kind, text: `the ${kind} \`${name}\` has another value` }];
  });
}

function secretChanges(before: readonly string[], after: readonly string[]): readonly Change[] {
  return [
    ...after
      .filter((name) => !before.includes(name))
      .map((name) => `the secret \`${name}\` is given now, and wasn't then`),
    ...before
      .filter((name) => !after.includes(name))
      .map((name) => `the secret \`${name}\` was given then, and isn't now`),
  ].map((text) => ({ kind: 'secret', text }));
}

function grantChanges(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly Change[] {
  return [...after].flatMap(([place, grant]): readonly Change[] => {
    const old = before.get(place);
    if (old === undefined || old === grant) return [];
    const [job = '', step = ''] = place.split('\n');
    return [
      {
        kind: 'grant',
        text: `what \`${job}/${step}\` is granted is otherwise: by its policy, its permissions or what they read`,
        job,
        step,
      },
    ];
  });
}

function agentChanges(before: RunDetails, after: RunDetails): readonly Change[] {
  return Object.entries(after.jobs).flatMap(([job, { agent }]): readonly Change[] => {
    const old = before.jobs[job]?.agent;
    if (agent === undefined || old === undefined || agent === old) return [];
    return [{ kind: 'agent', text: `job \`${job}\` ran on the agent ${agent}, and on ${old} then`, job }];
  });
}

function bounded(changes: readonly Change[]): readonly Change[] {
  const [first] = changes;
  if (first === undefined || changes.length <= mostOfKind) return changes;
  const more = { kind: first.kind, text: `and ${changes.length - mostOfKind} more of that kind` };
  return [...changes.slice(0, mostOfKind), more];
}
