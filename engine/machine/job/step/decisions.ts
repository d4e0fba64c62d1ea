import type { PlannedStep } from '../../../../schemas/index.ts';
import { type Decision, decide } from '../../conditions.ts';
import { pathsOfCondition } from '../../references.ts';
import { stepContexts } from '../sequence/contexts.ts';
import { jobStatusIn, stepStatus } from '../sequence/status.ts';
import type { Cursor } from '../turn.ts';

/** What the `if` of a step says, where that needs no agent. */
export function decideHere(cursor: Cursor, step: PlannedStep): Decision {
  return decide(step.if, {
    status: stepStatus(cursor),
    contexts: () => stepContexts(cursor, step, pathsOfCondition(step.if)),
    evidence: () => [{ path: 'job.status', value: jobStatusIn(cursor) }],
  });
}
