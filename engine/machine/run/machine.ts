import { assertNever, type Plan } from '../../../schemas/index.ts';
import { type Transition, unchanged } from '../transition.ts';
import { advance } from './advance.ts';
import { decideApproval, endJob, expireApproval, findHosts, missHosts } from './answers.ts';
import { beginAttempt } from './begin.ts';
import { acquireGroup, supersede } from './groups/membership.ts';
import { cancelRun, pauseRun, resumeRun } from './pause.ts';
import type { RunCommand, RunEvent } from './protocol.ts';
import { rerunAttempt } from './rerun/attempt.ts';
import type { CreatedRun, RunState } from './state.ts';
import { closeTurn, openTurn, type RunTransition, type RunTurn } from './turn.ts';

/** The state of a run before its first event. */
export function startRun(): RunState {
  return { version: 1, state: 'created' };
}

/** What an event does to a run. The plan must be the one that the run started with. */
export function runTransition(plan: Plan, state: RunState, event: RunEvent): RunTransition {
  switch (state.state) {
    case 'created':
      return begin(plan, state, event);
    case 'running': {
      const turn = openTurn(plan, state, event.at);
      return changes(turn, event) ? close(turn) : unchanged(state);
    }
    case 'ended': {
      const turn = event.type === 'rerun_requested' ? rerunAttempt(plan, state, event) : undefined;
      return turn === undefined ? unchanged(state) : closeNew(turn);
    }
    default:
      return assertNever(state);
  }
}

/** Before its start a run only remembers what it is to do then. */
function begin(plan: Plan, state: CreatedRun, event: RunEvent): Transition<RunState, RunCommand> {
  const { at } = event;
  switch (event.type) {
    case 'run_started':
      return closeNew(beginAttempt(plan, { at, facts: event.facts, ...state }));
    case 'cancel_requested': {
      if (state.cancel !== undefined) return unchanged(state);
      return { state: { version: 1, state: 'created', cancel: { at, reason: event.reason } }, commands: [] };
    }
    case 'pause_requested':
      if (state.cancel !== undefined || state.pause !== undefined) return unchanged(state);
      return { state: { ...state, pause: { by: event.by } }, commands: [] };
    case 'resume_requested': {
      if (state.pause === undefined) return unchanged(state);
      const { pause: _, ...rest } = state;
      return { state: rest, commands: [] };
    }
    default:
      return unchanged(state);
  }
}

/** Has an event happen to a run in progress. False where it changes nothing: a late or repeated answer. */
function changes(turn: RunTurn, event: RunEvent): boolean {
  switch (event.type) {
    case 'job_finished':
      return endJob(turn, event);
    case 'group_acquired':
      return acquireGroup(turn, event);
    case 'group_superseded':
      return supersede(turn, event);
    case 'hosts_known':
      return findHosts(turn, event);
    case 'hosts_unknown':
      return missHosts(turn, event);
    case 'signal_received':
      return decideApproval(turn, event.signal);
    case 'timer_fired':
      return expireApproval(turn, event.timer);
    case 'cancel_requested':
      return cancelRun(turn, event.reason);
    case 'pause_requested':
      return pauseRun(turn, event.by);
    case 'resume_requested':
      return resumeRun(turn, event.by);
    case 'run_started':
    case 'rerun_requested':
      return false;
    default:
      return assertNever(event);
  }
}

function close(turn: RunTurn): RunTransition {
  advance(turn);
  return closeTurn(turn);
}

/** Every job of an attempt that has just begun looks different. */
function closeNew(turn: RunTurn): Transition<RunState, RunCommand> {
  const { state, commands } = close(turn);
  return { state, commands };
}
