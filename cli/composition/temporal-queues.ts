import type { AgentPresence } from '../../agent/worker/protocol.ts';
import type { Diagnostic, Plan, PlannedStep, PluginIdentity } from '../../schemas/index.ts';
import { queuesOf } from './temporal-secrets.ts';

/**
 * What a plan has to expect of the agents that are there: a warning for a queue that none of them serves, and for a plugin that agents of its
 * queue don't have; an error where the agents of a queue have different bytes under the same name and version of a plugin.
 */
export function queueWarnings(plan: Plan, agents: readonly AgentPresence[]): readonly Diagnostic[] {
  return [...queuesOf(plan).queues].flatMap((queue) => {
    const serving = agents.filter(({ queues }) => Object.hasOwn(queues, queue));
    if (serving.length === 0) return [notServed(queue, plan)];
    const steps = stepsOn(queue, plan);
    return [...disagreements(queue, { steps, serving, plan }), ...lacking(queue, { steps, serving })];
  });
}

function notServed(queue: string, { file }: Plan): Diagnostic {
  return {
    severity: 'warning',
    code: 'UNKNOWN_QUEUE',
    message: `no agent serves the queue ${queue} at the moment: jobs wait for one`,
    remedy: `Start an agent for it: \`waterflow agent --task-queues ${queue}\`.`,
    file,
  };
}

/** The steps that agents of a queue carry out, those inside of others, too. */
function stepsOn(queue: string, plan: Plan): readonly PlannedStep[] {
  const all = [plan, ...Object.values(plan.workflows ?? {})].flatMap(({ jobs }) => jobs);
  const own = all.filter(({ runs_on: on }) => on.kind === 'literal' && on.value === queue);
  return own.flatMap(({ steps }) => pluginSteps(steps));
}

function pluginSteps(steps: readonly PlannedStep[]): readonly PlannedStep[] {
  return steps.flatMap((step) => {
    if (step.kind === 'plugin') return [step];
    const { body } = step;
    if (body === undefined) return [];
    return pluginSteps(body.kind === 'if' ? [...body.then, ...body.else] : body.steps);
  });
}

function disagreements(
  queue: string,
  { steps, serving, plan }: { steps: readonly PlannedStep[]; serving: readonly AgentPresence[]; plan: Plan },
): readonly Diagnostic[] {
  const used = new Set(steps.map(({ uses }) => uses.split('@')[0] ?? uses));
  const digests = new Map<string, Set<string>>();
  for (const { plugins } of serving) {
    for (const { name, version, digest } of plugins) {
      if (!used.has(name)) continue;
      const plugin = `${name}@${version}`;
      digests.set(plugin, (digests.get(plugin) ?? new Set()).add(digest));
    }
  }
  return [...digests]
    .filter(([, found]) => found.size > 1)
    .map(([plugin]) => ({
      severity: 'error',
      code: 'PLUGIN_INVALID',
      message: `the agents of the queue ${queue} have different plugins as ${plugin}`,
      remedy: 'Install the same plugin on all of them; `waterflow plugin list` shows the digests.',
      file: plan.file,
    }));
}

/** Of each plugin the first step that uses it. */
function lacking(
  queue: string,
  { steps, serving }: { steps: readonly PlannedStep[]; serving: readonly AgentPresence[] },
): readonly Diagnostic[] {
  const used = new Map(steps.toReversed().map((step) => [step.digest ?? step.uses, step]));
  return [...used.values()].toReversed().flatMap((step): readonly Diagnostic[] => {
    const without = serving.filter(({ plugins }) => !plugins.some((plugin) => serves(plugin, step)));
    if (without.length === 0) return [];
    const whose = without.length === serving.length ? 'no agent' : `not every agent`;
    const names = without.map(({ name }) => name).join(', ');
    return [
      {
        severity: 'warning',
        code: 'PLUGIN_MISSING',
        message: `${whose} of the queue ${queue} has the plugin \`${step.uses}\`: the step fails on ${names}`,
        remedy: 'Install the plugin on these agents, and start them again.',
        ...step.at,
      },
    ];
  });
}

/** `name@v1` and `name@1.4` are the beginning of a version, `name@sha256:…` are bytes. */
function serves({ name, version, digest }: PluginIdentity, step: PlannedStep): boolean {
  if (step.digest !== undefined) return step.digest === digest;
  const [named, wanted = ''] = step.uses.split('@');
  if (wanted.startsWith('sha256:')) return wanted === digest;
  return named === name && `${version}.`.startsWith(`${wanted.replace(/^v/u, '')}.`);
}
