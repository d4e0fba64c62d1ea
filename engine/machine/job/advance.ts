import { assertNever, type EvaluationTask, type PlannedCondition, type PlannedStep } from '../../../schemas/index.ts';
import { type Decision, decide } from '../conditions.ts';
import { type Path, pathsOfCondition, reads } from '../references.ts';
import { endAttempt } from './attempt.ts';
import { stepContexts, throughEnv } from './contexts.ts';
import { failUntriedStep, skipStep } from './ending.ts';
import { tryStep } from './running.ts';
import { settingPaths, settingsOf } from './settings.ts';
import type { StepAttempt, StepSettings } from './state.ts';
import { contextSlice } from './task.ts';
import { changeAttempt, changeCurrent, currentStep, type JobTurn, jobStatus, stepStatus } from './turn.ts';

/** Goes through the steps as far as they can be decided now, and ends the attempt after the last one. */
export function advance(turn: JobTurn): void {
  while (turn.active.attempt.current.state === 'deciding') {
    const step = currentStep(turn);
    if (step === undefined) return endAttempt(turn);
    if (decideStep(turn, step) === 'waits') return;
  }
}

/** What became of a step: it is over or under way, or it waits for the agent. */
type Move = 'moved' | 'waits';

function decideStep(turn: JobTurn, step: PlannedStep): Move {
  const condition = step.if;
  // A condition that the job's status alone makes false costs no agent.
  if (condition !== undefined && (condition.calls_status_function || stepStatus(turn.active).success)) {
    if (needsAgent(turn, step, condition) && waitsForAgent(turn)) return 'waits';
    if (condition.on_agent) return askAgent(turn, step, condition);
  }
  return follow(turn, step, decideHere(turn, step));
}

/** Goes on with a step as its condition says. */
export function follow(turn: JobTurn, step: PlannedStep, decision: Decision): Move {
  switch (decision.decision) {
    case 'skip':
      skipStep(turn, step, decision.reason);
      return 'moved';
    case 'fail':
      failUntriedStep(turn, step, decision.error);
      return 'moved';
    case 'run':
      return beginStep(turn, step);
    default:
      return assertNever(decision);
  }
}

/** What the condition of a step says that needs no agent for it. */
export function decideHere(turn: JobTurn, step: PlannedStep): Decision {
  return decide(step.if, {
    status: stepStatus(turn.active),
    contexts: () => stepContexts(turn, step, pathsOfCondition(step.if)),
    evidence: () => [{ path: 'job.status', value: jobStatus(turn.active) }],
  });
}

function beginStep(turn: JobTurn, step: PlannedStep): Move {
  const agent = step.kind === 'plugin' || (readsAgent(step, settingPaths(step)) && hasPlugins(turn));
  if (agent && waitsForAgent(turn)) return 'waits';
  const settings = settingsOf(turn, step);
  if ('error' in settings) failUntriedStep(turn, step, settings.error);
  else tryStep(turn, step, firstAttempt(settings.ok, turn.at));
  return 'moved';
}

function firstAttempt(settings: StepSettings, at: number): StepAttempt {
  return { number: 1, settings, started_at: at, begun: false, host_calls: { allowed: 0, denied: 0 } };
}

function askAgent(turn: JobTurn, step: PlannedStep, condition: PlannedCondition): Move {
  const { start, attempt } = turn.active;
  const paths = pathsOfCondition(condition);
  const contexts = stepContexts(turn, step, paths);
  const context = 'error' in contexts ? contexts : contextSlice(step, contexts.ok, paths);
  if ('error' in context) {
    failUntriedStep(turn, step, context.error);
    return 'moved';
  }
  const status = jobStatus(turn.active);
  const task: EvaluationTask = {
    version: 1,
    run: start.facts.run,
    job: start.key,
    // The status only ever goes from success over failure to cancelled, so no two evaluations share an id.
    id: `if/${attempt.number}/${step.key}/${status}`,
    template: { kind: 'expression', expression: condition.expression },
    context: context.ok,
    status: stepStatus(turn.active),
  };
  turn.commands.push({ type: 'evaluate_on_agent', task });
  changeCurrent(turn, { state: 'evaluating', task, status });
  return 'moved';
}

/** Asks for the attempt's agent where that hasn't been done; true where it isn't there yet. */
function waitsForAgent(turn: JobTurn): boolean {
  const { claim, number } = turn.active.attempt;
  if (claim.state === 'none') {
    turn.commands.push({ type: 'claim_agent', queue: turn.active.start.queue, job_attempt: number });
    changeAttempt(turn, { claim: { state: 'requested' } });
  }
  return claim.state !== 'held';
}

function needsAgent(turn: JobTurn, step: PlannedStep, condition: PlannedCondition): boolean {
  return condition.on_agent || (readsAgent(step, pathsOfCondition(condition)) && hasPlugins(turn));
}

/** True where fields of a step read what only a claim gives. */
function readsAgent(step: PlannedStep, paths: readonly Path[]): boolean {
  const all = throughEnv(step, paths);
  return reads(all, 'runner') || reads(all, 'job', 'workspace');
}

/** A job of control nodes alone claims no agent, whatever it reads. */
function hasPlugins(turn: JobTurn): boolean {
  return turn.job.steps.some((step) => step.kind === 'plugin');
}
