import { assertNever, type Diagnostic, isJsonObject, type Json, sameJson } from '../../schemas/index.ts';
import type { Check, Edited, WorkflowEdit } from './api.ts';
import { applyChanges, leastChanges } from './changes.ts';
import { setField } from './fields.ts';
import { addJob, deleteJob, moveJob, renameJob } from './jobs.ts';
import { connect, disconnect } from './needs.ts';
import { type Edition, layout, mutable, type Plan } from './planned.ts';
import { commentsOf, valueOf } from './reading.ts';
import { Source } from './source.ts';
import { addStep, deleteStep, moveStep } from './steps.ts';

/**
 * The changes of a text that carry out an edit and leave everything else as it is, to the byte. They are made only where the text then says exactly
 * what it said with that edit, has all its comments, and no mistake that it didn't have.
 */
export function editWorkflow(text: string, edit: WorkflowEdit, check: Check): Edited {
  const said = valueOf(text);
  if (said === undefined) return layout;
  const plan = planOf({ source: new Source(text), json: mutable(said) }, edit);
  if ('refused' in plan) return plan;
  const after = applyChanges(text, plan.changes);
  const says = valueOf(after);
  if (says === undefined || !sameJson(says, plan.expected) || !isSameOrder(says, plan.expected)) return layout;
  if (!hasAllComments(text, after)) return { refused: { why: 'comments' } };
  const mistakes = newMistakes(check(text), check(after));
  if (mistakes.length > 0) return { refused: { why: 'mistakes', mistakes } };
  return { changes: leastChanges(text, plan.changes) };
}

function planOf(edition: Edition, edit: WorkflowEdit): Plan {
  switch (edit.kind) {
    case 'add-job':
      return addJob(edition, edit);
    case 'rename-job':
      return renameJob(edition, { from: edit.id, to: edit.to });
    case 'delete-job':
      return deleteJob(edition, edit.id);
    case 'move-job':
      return moveJob(edition, edit);
    case 'connect':
      return connect(edition, edit.job, edit.needs);
    case 'disconnect':
      return disconnect(edition, edit.job, edit.needs);
    case 'add-step':
      return addStep(edition, edit.at, edit.step);
    case 'move-step':
      return moveStep(edition, edit.from, edit.to);
    case 'delete-step':
      return deleteStep(edition, edit.at);
    case 'set-field':
      return setField(edition, { path: [...edit.at.list, edit.at.index], field: edit.field }, edit.value);
    case 'set-job-field':
      return setField(edition, { path: ['jobs', edit.id], field: edit.field }, edit.value);
    default:
      return assertNever(edit);
  }
}

function isSameOrder(one: Json, other: Json): boolean {
  const [ids, others] = [one, other].map((json) =>
    isJsonObject(json) && isJsonObject(json['jobs']) ? Object.keys(json['jobs']) : [],
  );
  return JSON.stringify(ids) === JSON.stringify(others);
}

function hasAllComments(before: string, after: string): boolean {
  const [one, other] = [before, after].map((text) =>
    commentsOf(text)
      .map((comment) => comment.text)
      .toSorted(),
  );
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Errors of the text after an edit beyond those that it had, wherever they stand now. */
function newMistakes(before: readonly Diagnostic[], after: readonly Diagnostic[]): readonly Diagnostic[] {
  const known = new Map<string, number>();
  for (const mistake of before) known.set(nameOf(mistake), (known.get(nameOf(mistake)) ?? 0) + 1);
  return after.filter((mistake) => {
    if (mistake.severity !== 'error') return false;
    const left = known.get(nameOf(mistake)) ?? 0;
    known.set(nameOf(mistake), left - 1);
    return left <= 0;
  });
}

function nameOf({ code, message }: Diagnostic): string {
  return JSON.stringify([code, message]);
}
