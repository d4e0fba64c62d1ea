import type { AgentPresence } from '../../agent/worker/protocol.ts';
import type { Diagnostic, Plan, PlannedStep } from '../../schemas/index.ts';
import { queuesOf } from './temporal-secrets.ts';

/**
 * What a plan has to expect of the agents that are there: a warning for a queue that none of them serves, an error where the agents of a queue
 * have different bytes under the same name and version of a plugin.
 */
export function queueWarnings(plan: Plan, agents: readonly AgentPresence[]): readonly Diagnostic[] {
  return [...queuesOf(plan).queues].flatMap((queue) => {
    const serving = agents.filter(({ queues }) => Object.hasOwn(queues, queue));
    return serving.length === 0 ? [notServed(queue, plan)] : disagreements(queue, { plan, serving });
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

function disagreements(
  queue: string,
  { plan, serving }: { readonly plan: Plan; readonly serving: readonly AgentPresence[] },
): readonly Diagnostic[] {
  const used = namesUsed(plan);
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

function namesUsed(plan: Plan): ReadonlySet<string> {
  const names = new Set<string>();
  const add = ({ uses }: PlannedStep): void => {
    names.add(uses.split('@')[0] ?? uses);
  };
  for (const { jobs } of [plan, ...Object.values(plan.workflows ?? {})]) {
    for (const { steps } of jobs) steps.forEach(add);
  }
  return names;
}
