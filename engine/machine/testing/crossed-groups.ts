import type { JobSketch, WorkflowSketch } from './plans.ts';

/**
 * Whether jobs of a run may wait for each other's groups without end: one has a group and asks below it for another, and somebody has that one
 * and asks for the first. Whoever writes such a workflow has to cancel it; `docs/workflow-syntax.md` says so.
 */
export function hasCrossedGroups(root: WorkflowSketch): boolean {
  const asked = new Map<string, Set<string>>();
  const enter = (
    sketch: Pick<WorkflowSketch | JobSketch, 'concurrency'>,
    held: readonly string[],
  ): readonly string[] => {
    const group = nameOf(sketch.concurrency);
    if (group === undefined || held.includes(group)) return held;
    for (const each of held) asked.set(each, (asked.get(each) ?? new Set()).add(group));
    return [...held, group];
  };
  const walk = (workflow: WorkflowSketch, above: readonly string[]): void => {
    const held = enter(workflow, above);
    for (const job of Object.values(workflow.jobs)) {
      const within = enter(job, held);
      const called = job.calls === undefined ? undefined : root.workflows?.[job.calls];
      if (called !== undefined) walk(called, within);
    }
  };
  walk(root, []);
  return [...asked.keys()].some((group) => reaches(asked, group, group));
}

/** Names of groups differ in more than their case. */
function nameOf(concurrency: WorkflowSketch['concurrency']): string | undefined {
  const group = typeof concurrency === 'object' ? concurrency.group : concurrency;
  return typeof group === 'string' ? group.toLowerCase() : undefined;
}

function reaches(asked: ReadonlyMap<string, ReadonlySet<string>>, from: string, to: string): boolean {
  const seen = new Set<string>();
  const left = [...(asked.get(from) ?? [])];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (next === to) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    left.push(...(asked.get(next) ?? []));
  }
  return false;
}
