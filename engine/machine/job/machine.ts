import { assertNever, type Plan } from '../../../schemas/index.ts';
import type { JobStart } from '../run/protocol.ts';
import { plannedJob } from '../run/state.ts';
import { type Transition, unchanged } from '../transition.ts';
import { advance } from './advance.ts';
import { agentClaimed, agentLost, claimRefused, evaluated, stepFinished, stepStarted } from './answers.ts';
import { endJob, newAttempt } from './attempt.ts';
import { settleClock } from './clock.ts';
import { noteFailure } from './ending.ts';
import { cancelJob } from './interruptions.ts';
import type { JobCommand, JobEvent } from './protocol.ts';
import { layersOf } from './settings.ts';
import type { ActiveJob, CreatedJob, JobState, Layers } from './state.ts';
import { timerFired } from './timers.ts';
import type { Effect, JobTurn } from './turn.ts';

/** The state of a job before its first event. `jobId` is its id in the plan; a cell of a matrix has the same. */
export function startJob(plan: Plan, jobId: string): JobState {
  return { version: 1, state: 'created', job: plannedJob(plan, jobId).id };
}

/** What an event does to a job. The plan must be the one that the run started with. */
export function jobTransition(plan: Plan, state: JobState, event: JobEvent): Transition<JobState, JobCommand> {
  switch (event.type) {
    case 'job_started':
      return state.state === 'created' ? begin(plan, state, event) : unchanged(state);
    case 'cancel_requested':
      return requestCancel(plan, state, event);
    case 'agent_claimed':
      return working(plan, state, { event, handle: agentClaimed });
    case 'claim_refused':
      return working(plan, state, { event, handle: claimRefused });
    case 'agent_lost':
      return working(plan, state, { event, handle: agentLost });
    case 'step_started':
      return working(plan, state, { event, handle: stepStarted });
    case 'step_finished':
      return working(plan, state, { event, handle: stepFinished });
    case 'evaluated':
      return working(plan, state, { event, handle: evaluated });
    case 'timer_fired':
      return working(plan, state, { event, handle: timerFired });
    case 'agent_suspect':
    case 'queue_blocked':
    case 'signal_received':
    case 'pause_requested':
    case 'resume_requested':
      return unchanged(state);
    default:
      return assertNever(event);
  }
}

function begin(
  plan: Plan,
  created: CreatedJob,
  { at, start }: { readonly at: number; readonly start: JobStart },
): Transition<JobState, JobCommand> {
  const job = plannedJob(plan, created.job);
  const layers = layersOf(plan, job, start);
  const active: ActiveJob = {
    version: 1,
    state: 'running',
    start,
    started_at: at,
    ...(created.cancel === undefined ? {} : { cancel: created.cancel }),
    attempt: newAttempt(1, 'ok' in layers ? layers.ok : noLayers, start.timeout_ms),
    stage: 'working',
  };
  const turn: JobTurn = { plan, job, at, active, commands: [] };
  if ('ok' in layers) advance(turn);
  else {
    noteFailure(turn, layers);
    endJob(turn, { outputs: {}, output_bytes: 0 });
  }
  return closeTurn(turn);
}

const noLayers: Layers = { env: { values: {}, masked: [] }, permissions: [], attempts: 1 };

function requestCancel(
  plan: Plan,
  state: JobState,
  event: Extract<JobEvent, { type: 'cancel_requested' }>,
): Transition<JobState, JobCommand> {
  if (state.state === 'ended' || state.cancel !== undefined) return unchanged(state);
  const { at, reason } = event;
  if (state.state === 'created') return { state: { ...state, cancel: { at, reason } }, commands: [] };
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
  const job = plannedJob(plan, state.start.id);
  const turn: JobTurn = { plan, job, at: event.at, active: state, commands: [] };
  return handle(turn, event) === 'changed' ? closeTurn(turn) : unchanged(state);
}

function closeTurn(turn: JobTurn): Transition<JobState, JobCommand> {
  if (turn.ended !== undefined) return { state: turn.ended, commands: turn.commands };
  if (turn.active.stage === 'working') settleClock(turn);
  return { state: turn.active, commands: turn.commands };
}
