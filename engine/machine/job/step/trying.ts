import type { PlannedStep } from '../../../../schemas/index.ts';
import { errorAt, type Result } from '../../errors.ts';
import { startBranch } from '../body/branch.ts';
import { startLoop } from '../body/loop.ts';
import { startApproval, startWaitFor } from '../control/awaiting.ts';
import { startSleep } from '../control/sleep.ts';
import { changeCurrent } from '../sequence/cursor.ts';
import { noteAttempt } from '../sequence/numbers.ts';
import type { CurrentStep, StepAttempt } from '../sequence/sequence.ts';
import type { Cursor } from '../turn.ts';
import { concludeAttempt } from './concluding.ts';
import { failed } from './ending.ts';
import { taskOf } from './task.ts';

/** Starts an attempt of a step: a plugin on the agent, a control node here. */
export function tryStep(cursor: Cursor, step: PlannedStep, attempt: StepAttempt): void {
  noteAttempt(cursor, attempt.number);
  const started = step.kind === 'plugin' ? startPlugin(cursor, step, attempt) : startControl(cursor, step, attempt);
  if ('error' in started) return concludeAttempt(cursor, step, { result: failed(started), attempt });
  changeCurrent(cursor, started.ok);
}

function startPlugin(cursor: Cursor, step: PlannedStep, attempt: StepAttempt): Result<CurrentStep> {
  const task = taskOf(cursor, step, attempt);
  if ('error' in task) return task;
  cursor.turn.commands.push({ type: 'run_step', task: task.ok });
  return { ok: { ...attempt, state: 'running', task: task.ok } };
}

/** Starts a control node, which the machine carries out itself. */
function startControl(cursor: Cursor, step: PlannedStep, attempt: StepAttempt): Result<CurrentStep> {
  const { body } = step;
  if (body?.kind === 'if') return startBranch(cursor, step, { attempt, condition: body.condition });
  if (body?.kind === 'for-each') return startLoop(cursor, step, { attempt, body });
  const [node] = step.uses.split('@');
  switch (node) {
    case 'sleep':
      return startSleep(cursor, step, attempt);
    case 'approval':
      return startApproval(cursor, step, attempt);
    case 'wait-for':
      return startWaitFor(cursor, step, attempt);
    default: {
      const message = `this version carries out no control node ${step.uses}`;
      const remedy = 'Update Waterflow, or use another node.';
      return { error: errorAt(step.at, { code: 'INTERNAL', message, remedy }) };
    }
  }
}
