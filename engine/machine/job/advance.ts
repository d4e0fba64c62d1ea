import { assertNever, type PlannedCondition, type PlannedStep } from '../../../schemas/index.ts';
import type { Decision } from '../conditions.ts';
import { queueTimeoutMs } from '../limits.ts';
import { type Path, pathsOfCondition, reads } from '../references.ts';
import { endAttempt } from './attempt/attempt.ts';
import { claimCommand } from './attempt/claims.ts';
import { leaveBranch } from './body/branch.ts';
import { continueLoop, leaveIteration } from './body/iterations.ts';
import { hasPlugins } from './planned.ts';
import { throughEnv } from './sequence/contexts.ts';
import { branchOf, changeCurrent, currentStep, findSequence, keyIn, sequenceOf } from './sequence/cursor.ts';
import { countedBefore } from './sequence/numbers.ts';
import type { HoldingStep, StepAttempt, StepSettings } from './sequence/sequence.ts';
import { statusOf, stepStatus, stopOf } from './sequence/status.ts';
import { decideHere } from './step/decisions.ts';
import { failUntriedStep, noCalls, skipRest, skipStep } from './step/ending.ts';
import { evaluationOf } from './step/evaluation.ts';
import { settingPaths, settingsOf } from './step/settings.ts';
import { tryStep } from './step/trying.ts';
import { type Cursor, changeAttempt, type JobTurn } from './turn.ts';

/**
 * Lets the sequences on the agenda go on as far as can be decided now. One that is over is left for the one around it, and after the last
 * step of the job its attempt ends.
 */
export function advance(turn: JobTurn): void {
  for (let cursor = turn.agenda.shift(); cursor !== undefined; cursor = turn.agenda.shift()) {
    // One of an iteration that is over meanwhile has nothing left to do.
    if (findSequence(cursor) === undefined || advanceSequence(cursor) === 'waits') continue;
    if (cursor.around === undefined) return endAttempt(turn);
    if (cursor.around.iteration === undefined) leaveBranch(cursor);
    else leaveIteration(cursor);
    turn.agenda.push(cursor.around.cursor);
  }
}

/** What became of a step: it is over or under way, or it waits for something. */
type Move = 'moved' | 'waits';

/** Goes through the steps of a sequence as far as they can be decided now. */
function advanceSequence(cursor: Cursor): 'ended' | 'waits' {
  for (;;) {
    const step = currentStep(cursor);
    if (step === undefined) return 'ended';
    if (advanceStep(cursor, step) === 'waits') return 'waits';
  }
}

function advanceStep(cursor: Cursor, step: PlannedStep): Move {
  const { current } = sequenceOf(cursor);
  const isPaused = cursor.turn.active.pause !== undefined;
  switch (current.state) {
    case 'deciding': {
      const stop = stopOf(cursor);
      if (stop !== undefined) {
        skipRest(cursor, stop);
        return 'moved';
      }
      return isPaused ? 'waits' : decideStep(cursor, step);
    }
    case 'ready':
      if (isPaused) return 'waits';
      tryStep(cursor, step, attemptIn(current));
      return 'moved';
    case 'inside':
      return advanceBody(cursor, step, current);
    case 'evaluating':
    case 'asking':
    case 'running':
    case 'sleeping':
    case 'backing_off':
    case 'awaiting':
      return 'waits';
    default:
      return assertNever(current);
  }
}

function advanceBody(cursor: Cursor, step: PlannedStep, { body }: HoldingStep): Move {
  if (body.kind === 'for-each') return continueLoop(cursor, step);
  cursor.turn.agenda.push(branchOf(cursor, step, body.branch));
  return 'waits';
}

function decideStep(cursor: Cursor, step: PlannedStep): Move {
  const condition = step.if;
  // A condition that the status of its sequence alone makes false costs no agent.
  if (condition !== undefined && (condition.calls_status_function || stepStatus(cursor).success)) {
    if (needsAgent(cursor, step, condition) && waitsForAgent(cursor.turn)) return 'waits';
    if (condition.on_agent) return askAgent(cursor, step, condition);
  }
  return follow(cursor, step, decideHere(cursor, step));
}

/** Goes on with a step as its condition says. */
export function follow(cursor: Cursor, step: PlannedStep, decision: Decision): Move {
  switch (decision.decision) {
    case 'skip':
      skipStep(cursor, step, decision.reason);
      return 'moved';
    case 'fail':
      failUntriedStep(cursor, step, decision.error);
      return 'moved';
    case 'run':
      return beginStep(cursor, step);
    default:
      return assertNever(decision);
  }
}

function beginStep(cursor: Cursor, step: PlannedStep): Move {
  const { turn } = cursor;
  const asks = step.body?.kind === 'if' && step.body.condition.on_agent;
  const agent = step.kind === 'plugin' || asks || (readsAgent(step, settingPaths(step)) && hasPlugins(turn.job));
  if (agent && waitsForAgent(turn)) return 'waits';
  const settings = settingsOf(cursor, step);
  if ('error' in settings) failUntriedStep(cursor, step, settings.error);
  else changeCurrent(cursor, { state: 'ready', ...firstAttempt(cursor, settings.ok) });
  return 'moved';
}

function firstAttempt(cursor: Cursor, settings: StepSettings): StepAttempt {
  const first = countedBefore(cursor) + 1;
  return { number: first, first, settings, started_at: cursor.turn.at, begun: false, host_calls: noCalls };
}

/** What a step that is ready to be tried was made ready with. */
function attemptIn({ number, first, settings, started_at, begun, host_calls }: StepAttempt): StepAttempt {
  return { number, first, settings, started_at, begun, host_calls };
}

function askAgent(cursor: Cursor, step: PlannedStep, condition: PlannedCondition): Move {
  const { number } = cursor.turn.active.attempt;
  const counted = countedBefore(cursor);
  const status = statusOf(cursor);
  // The status only ever goes from success over failure to cancelled, and what was pushed back counts on: no two evaluations share an id.
  const id = `if/${number}/${keyIn(cursor, step)}/${status}${counted === 0 ? '' : `/${counted}`}`;
  const task = evaluationOf(cursor, step, { id, condition });
  if ('error' in task) {
    failUntriedStep(cursor, step, task.error);
    return 'moved';
  }
  cursor.turn.commands.push({ type: 'evaluate_on_agent', task: task.ok });
  changeCurrent(cursor, { state: 'evaluating', task: task.ok, status });
  return 'moved';
}

/** Asks for the attempt's agent where that hasn't been done; true where it isn't there yet. */
function waitsForAgent(turn: JobTurn): boolean {
  const { claim, number } = turn.active.attempt;
  if (claim.state === 'none') {
    const deadline = { timer: `queue/${number}`, due: turn.at + (turn.job.queue_timeout_ms ?? queueTimeoutMs) };
    changeAttempt(turn, { claim: { state: 'requested', deadline } });
    turn.commands.push(claimCommand(turn.active), { type: 'start_timer', ...deadline });
  }
  return claim.state !== 'held';
}

function needsAgent(cursor: Cursor, step: PlannedStep, condition: PlannedCondition): boolean {
  return condition.on_agent || (readsAgent(step, pathsOfCondition(condition)) && hasPlugins(cursor.turn.job));
}

/** True where fields of a step read what only a claim gives. */
function readsAgent(step: PlannedStep, paths: readonly Path[]): boolean {
  const all = throughEnv(step, paths);
  return reads(all, 'runner') || reads(all, 'job', 'workspace');
}
