import { assertNever, type Plan } from '../../../schemas/index.ts';
import { plannedJob } from '../run/planned.ts';
import type { JobStart } from '../run/protocol.ts';
import { type Transition, unchanged } from '../transition.ts';
import { advance } from './advance.ts';
import {
  agentClaimed,
  agentLost,
  agentSuspect,
  claimRefused,
  evaluated,
  pauseRequested,
  queueBlocked,
  resumeRequested,
  secretsAwaited,
  signalReceived,
  stepFinished,
  stepStarted,
} from './answers.ts';
import { endJob } from './attempt/attempt.ts';
import { beginJob } from './attempt/beginning.ts';
import { settleClock } from './attempt/clock.ts';
import { cancelJob } from './interruptions.ts';
import { plannedJobOf, planOfJob } from './planned.ts';
import type { JobCommand, JobEvent } from './protocol.ts';
import type { JobState } from './state.ts';
import { timerFired } from './timers.ts';
import { type Effect, type JobTurn, openTurn } from './turn.ts';

/** The state of a job before its first event. A cell of a matrix and a host of a fleet have the id of their job. */
export function startJob(plan: Plan, { id, workflow }: Pick<JobStart, 'id' | 'workflow'>): JobState {
  const called = workflow === undefined ? {} : { workflow };
  return { version: 1, state: 'created', job: plannedJob(planOfJob(plan, called), id).id, ...called };
}

/** What an event does to a job. The plan must be the one that the run started with: the root workflow's, also for a job of a called one. */
export function jobTransition(plan: Plan, state: JobState, event: JobEvent): Transition<JobState, JobCommand> {
  switch (event.type) {
    case 'job_started':
      return state.state === 'running' || isRepeated(state, event) ? unchanged(state) : begin(plan, state, event);
    case 'cancel_requested':
      return requestCancel(plan, state, event);
    case 'pause_requested':
      if (state.state !== 'created') return working(plan, state, { event, handle: pauseRequested });
      if (state.pause !== undefined || state.cancel !== undefined) return unchanged(state);
      return { state: { ...state, pause: { at: event.at, by: event.by } }, commands: [] };
    case 'resume_requested': {
      if (state.state !== 'created') return working(plan, state, { event, handle: resumeRequested });
      const { pause, ...rest } = state;
      return pause === undefined ? unchanged(state) : { state: rest, commands: [] };
    }
    case 'agent_claimed':
      return working(plan, state, { event, handle: agentClaimed });
    case 'claim_refused':
      return working(plan, state, { event, handle: claimRefused });
    case 'agent_lost':
      return working(plan, state, { event, handle: agentLost });
    case 'agent_suspect':
      return working(plan, state, { event, handle: agentSuspect });
    case 'queue_blocked':
      return working(plan, state, { event, handle: queueBlocked });
    case 'step_started':
      return working(plan, state, { event, handle: stepStarted });
    case 'step_finished':
      return working(plan, state, { event, handle: stepFinished });
    case 'secrets_awaited':
      return working(plan, state, { event, handle: secretsAwaited });
    case 'evaluated':
      return working(plan, state, { event, handle: evaluated });
    case 'signal_received':
      return working(plan, state, { event, handle: signalReceived });
    case 'timer_fired':
      return working(plan, state, { event, handle: timerFired });
    default:
      return assertNever(event);
  }
}

/** An attempt of a run starts each of its jobs once. */
function isRepeated(state: JobState, { start }: Extract<JobEvent, { type: 'job_started' }>): boolean {
  return state.state === 'ended' && start.facts.run_attempt <= state.run_attempt;
}

function begin(
  plan: Plan,
  state: Exclude<JobState, { readonly state: 'running' }>,
  event: Extract<JobEvent, { type: 'job_started' }>,
): Transition<JobState, JobCommand> {
  const { active, refused, released } = beginJob(plan, state, event);
  const turn = openTurn({
    plan: planOfJob(plan, event.start),
    job: plannedJob(planOfJob(plan, event.start), event.start.id),
    at: event.at,
    active,
  });
  turn.commands.push(...released);
  if (refused) endJob(turn, { outputs: {}, output_bytes: active.attempt.output_bytes });
  else turn.agenda.push({ turn, steps: turn.job.steps, prefix: '' });
  return closeTurn(turn);
}

function requestCancel(
  plan: Plan,
  state: JobState,
  event: Extract<JobEvent, { type: 'cancel_requested' }>,
): Transition<JobState, JobCommand> {
  if (state.state === 'ended' || state.cancel !== undefined) return unchanged(state);
  const { at, reason } = event;
  if (state.state === 'created') {
    const { pause: _ended, ...rest } = state;
    return { state: { ...rest, cancel: { at, reason } }, commands: [] };
  }
  return working(plan, state, {
    event,
    handle: (turn) => {
      cancelJob(turn, reason);
      return 'changed';
    },
  });
}

/** Handles an event of a job that is under way; one that answers nothing outstanding leaves the state as it is. */
function working<Event extends JobEvent>(
  plan: Plan,
  state: JobState,
  { event, handle }: { readonly event: Event; readonly handle: (turn: JobTurn, event: Event) => Effect },
): Transition<JobState, JobCommand> {
  if (state.state !== 'running') return unchanged(state);
  const turn = openTurn({
    plan: planOfJob(plan, state.start),
    job: plannedJobOf(plan, state),
    at: event.at,
    active: state,
  });
  return handle(turn, event) === 'changed' ? closeTurn(turn) : unchanged(state);
}

/** Lets everything go on that the event allows to, and seals the draft. */
function closeTurn(turn: JobTurn): Transition<JobState, JobCommand> {
  if (turn.ended === undefined) advance(turn);
  const news = { ended: turn.news.ended, moved: [...turn.news.moved] };
  if (turn.ended !== undefined) return { state: { ...turn.ended, news }, commands: turn.commands };
  if (turn.active.stage === 'working') settleClock(turn);
  return { state: { ...turn.active, news }, commands: turn.commands };
}
