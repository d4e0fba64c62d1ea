import type { EvaluationEnvironment } from '../../../../dsl/expressions/api.ts';
import type { PlannedConcurrency } from '../../../../schemas/index.ts';
import { errorAt, type Result } from '../../errors.ts';
import { groupKey } from '../../group/machine.ts';
import { longestGroupName } from '../../limits.ts';
import { flagOf, textOf, unfit } from '../../templates.ts';
import { findCell } from '../cells.ts';
import type { PlannedGroup } from '../state.ts';
import type { WorkflowTurn } from '../turn.ts';

/** Evaluates `concurrency:` of a workflow or a job; undefined where there is none. `around`: the groups that what asks is in already. */
export function groupOf(
  concurrency: PlannedConcurrency | undefined,
  environment: EvaluationEnvironment,
  around: ReadonlySet<string>,
): Result<PlannedGroup | undefined> {
  if (concurrency === undefined) return { ok: undefined };
  const { group, cancel_in_progress, at } = concurrency;
  const name = textOf(group, environment);
  if ('error' in name) return name;
  if (name.ok.trim() === '' || name.ok.length > longestGroupName) {
    const expected = `a text of 1 to ${longestGroupName} characters`;
    return unfit(group, { name: "the concurrency group's name", at }, { expected, value: name.ok });
  }
  const cancels = flagOf(cancel_in_progress, environment, { name: 'cancel-in-progress', at });
  if ('error' in cancels) return cancels;
  if (!around.has(groupKey(name.ok))) return { ok: { name: name.ok, cancel_in_progress: cancels.ok } };
  return {
    error: errorAt(at, {
      code: 'INVALID_VALUE',
      message: `the concurrency group \`${name.ok}\` is held by what is around it, so it would wait for itself`,
      remedy: 'Give it another group, or none.',
    }),
  };
}

/** The groups that a workflow and what is around it are in. */
export function groupsAround(workflow: WorkflowTurn): ReadonlySet<string> {
  const found = new Set<string>();
  for (let inner: WorkflowTurn | undefined = workflow; inner !== undefined; inner = inner.caller?.workflow) {
    if (inner.state.group !== undefined) found.add(groupKey(inner.state.group.name));
    const { caller } = inner;
    const group = caller && findCell(caller.workflow, caller.position, caller.cell)?.cell.group;
    if (group !== undefined) found.add(groupKey(group.name));
  }
  return found;
}

/** Why a member of a group was cancelled. */
export function supersededReason(group: string, by: string): string {
  return `${by} wants the concurrency group \`${group}\``;
}
