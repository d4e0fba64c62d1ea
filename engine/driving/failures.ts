import { outOfRoom, type RunId, type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';

/** What was thrown, in words. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** An error for what must not happen. */
export function internalError(what: string, cause: unknown): WaterflowError {
  const full = outOfRoom(cause);
  if (full !== undefined) return full;
  return {
    code: 'INTERNAL',
    message: `${what}: ${reasonOf(cause)}`,
    remedy: "This is a defect of waterflow: please report it, with the run's folder if you can.",
  };
}

/** What broke the machinery of a run, as a failure; what is one already stays as it is. */
export function machineryFailure(cause: unknown): WaterflowFailure {
  return cause instanceof WaterflowFailure
    ? cause
    : new WaterflowFailure(internalError('the engine broke', cause), { cause });
}

/** How a step ends that was running when its process was killed. */
export function lostError(step: string): WaterflowError {
  return {
    code: 'AGENT_LOST',
    message: `step ${step} was running when the process that ran it was killed`,
    remedy: 'Give the step a `retry` whose `on` covers `lost`, if it can safely be run again in its workspace.',
  };
}

/** How a step or a job ends that was cancelled before the agent could begin with it. */
export function cancelledError(what: string): WaterflowError {
  return {
    code: 'CANCELLED',
    message: `${what} was cancelled before it began`,
    remedy: 'Run the workflow again if it should go on.',
  };
}

/** How a step ends whose time was up before the agent could begin with it. */
export function timedOutError(step: string): WaterflowError {
  return {
    code: 'TIMEOUT',
    message: `the time of step ${step} was up before it began`,
    remedy: 'Raise `timeout-minutes`.',
  };
}

/** How whatever was going on ends when the run is killed. */
export const killedError: WaterflowError = {
  code: 'CANCELLED',
  message: 'the run was killed',
  remedy: 'Cancel a run in order to let its `always()` steps run.',
};

/** Why a run's `finished` rejects when its engine is closed first. */
export function leftFailure(run: RunId): WaterflowFailure {
  return new WaterflowFailure({
    code: 'CANCELLED',
    message: `the engine was closed while run ${run} was going on`,
    remedy: 'Resume it: what has finished is kept.',
  });
}

/** Names the secrets that a run was started with and that were not given again. */
export function secretsMissing(run: RunId, names: readonly string[]): WaterflowFailure {
  const options = names.map((name) => `--secret ${name}`).join(' ');
  return new WaterflowFailure({
    code: 'SECRET_MISSING',
    message: `run ${run} was started with secrets that are not kept: ${names.join(', ')}`,
    remedy: `Give them again: ${options}`,
  });
}

/** A run whose process was killed before it began. */
export function neverBegan(run: RunId): WaterflowFailure {
  return new WaterflowFailure({
    code: 'RUN_NOT_FOUND',
    message: `run ${run} was made but never begun: nothing of it ran`,
    remedy: 'Start the workflow anew.',
  });
}

/** A run is asked for as it was after an event that it hasn't. */
export function noSuchEvent(
  run: RunId,
  { sequence, last }: { readonly sequence: number; readonly last: number },
): WaterflowFailure {
  return new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: `run ${run} has no event ${sequence}: its last is ${last}`,
    remedy: 'Ask for one of the events that it lists.',
  });
}

/** Nothing can be asked of a run that has ended but to run again. */
export function runIsOver(run: RunId): WaterflowFailure {
  return new WaterflowFailure({
    code: 'RUN_STATE',
    message: `run ${run} has ended`,
    remedy: 'Rerun it, in whole or in part, or start the workflow anew.',
  });
}

/** True where another process drives the run. */
export function isLocked(cause: unknown): boolean {
  return cause instanceof WaterflowFailure && cause.error.code === 'RUN_LOCKED';
}

/** A run that has not ended can't be run again. */
export function runIsDriven(run: RunId, cause: unknown): WaterflowFailure {
  return new WaterflowFailure(
    {
      code: 'RUN_STATE',
      message: `run ${run} has not ended: a process still drives it`,
      remedy: 'Wait until it ends, or cancel it.',
    },
    { cause },
  );
}

/** Values of secrets are for a run that this engine drives. */
export function isNotDriven(run: RunId): WaterflowFailure {
  return new WaterflowFailure({
    code: 'RUN_STATE',
    message: `run ${run} is not driven by this process, which could hold values of secrets for it`,
    remedy: 'Give them when it is resumed.',
  });
}

/** A run that has not ended can't be removed: somebody is still to go on with it. */
export function runGoesOn(run: RunId): WaterflowFailure {
  return new WaterflowFailure({
    code: 'RUN_STATE',
    message: `run ${run} has not ended`,
    remedy: 'Cancel or terminate it first.',
  });
}

/** Why a run can't be paused. */
export function pausedAlready(run: RunId): WaterflowFailure {
  return new WaterflowFailure({
    code: 'RUN_STATE',
    message: `run ${run} is paused already`,
    remedy: 'Resume it when it should go on.',
  });
}

/** Why a run can't be told to go on. */
export function notPaused(run: RunId): WaterflowFailure {
  return new WaterflowFailure({
    code: 'RUN_STATE',
    message: `run ${run} is not paused`,
    remedy: 'There is nothing to resume: it goes on by itself, or waits for what `get` shows.',
  });
}

/** Why a job can't take a signal: after a crash its concurrency group went to somebody else. */
export function waitsForGroup(job: string, group: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'RUN_STATE',
    message: `job ${job} waits for its turn in the concurrency group ${group}, which it lost when its process was killed`,
    remedy: 'Send the signal again once the run says that it has the group.',
  });
}

/** The process that drives a run doesn't do what it is asked for. */
export function driverSilent(run: RunId, request: { readonly taken: boolean }): WaterflowFailure {
  return new WaterflowFailure({
    code: 'RUN_LOCKED',
    message: request.taken
      ? `the process that drives run ${run} took the request and gave no answer: it may have been carried out`
      : `the process that drives run ${run} took no request within 10 seconds: nothing was done`,
    remedy: 'See whether that process is stopped or overloaded. If you end it, resume the run.',
  });
}

/** Another version of waterflow asks for what this one can't do. */
export const requestUnknown: WaterflowFailure = new WaterflowFailure({
  code: 'RUN_STATE',
  message: 'the process that drives the run does not know what it was asked for',
  remedy: 'Use the version of waterflow that the run was started with.',
});

/** An engine that was disposed takes no more runs. */
export const engineClosed: WaterflowError = {
  code: 'INTERNAL',
  message: 'the engine is closed',
  remedy: 'Open another engine.',
};
