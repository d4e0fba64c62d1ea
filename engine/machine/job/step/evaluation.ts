import type { EvaluationTask, PlannedCondition, PlannedStep } from '../../../../schemas/index.ts';
import type { Result } from '../../errors.ts';
import { pathsOfCondition } from '../../references.ts';
import { stepContexts } from '../sequence/contexts.ts';
import { stepStatus } from '../sequence/status.ts';
import type { Cursor } from '../turn.ts';
import { contextSlice } from './task.ts';

/** A condition of a step as the agent is asked for it. The id must be one that no other evaluation has had. */
export function evaluationOf(
  cursor: Cursor,
  step: PlannedStep,
  { id, condition }: { readonly id: string; readonly condition: PlannedCondition },
): Result<EvaluationTask> {
  const { start } = cursor.turn.active;
  const paths = pathsOfCondition(condition);
  const contexts = stepContexts(cursor, step, paths);
  const context = 'error' in contexts ? contexts : contextSlice(step, contexts.ok, paths);
  if ('error' in context) return context;
  return {
    ok: {
      version: 1,
      run: start.facts.run,
      job: start.key,
      id,
      template: { kind: 'expression', expression: condition.expression },
      context: context.ok,
      status: stepStatus(cursor),
    },
  };
}
