import { type JobKey, type JsonObject, type StepKey, WaterflowFailure } from '../../schemas/index.ts';
import type { NewAttempt } from './submissions.ts';

/** A rerun as the API takes it. */
export interface RerunBody {
  readonly from?: 'all' | 'failed' | 'job' | 'step' | 'iteration';
  readonly job?: string;
  readonly step?: string;
  readonly iteration?: number;
  readonly inputs?: JsonObject;
  readonly secrets?: Readonly<Record<string, string>>;
}

/** What is to run again. INVALID_INPUT where what it needs isn't there, or more. */
export function attemptOf(body: RerunBody, by: string): NewAttempt {
  const { inputs, secrets = {} } = body;
  return { by, what: whatOf(body), secrets, ...(inputs === undefined ? {} : { inputs }) };
}

const needed = {
  all: [],
  failed: [],
  job: ['job'],
  step: ['job', 'step'],
  iteration: ['job', 'step', 'iteration'],
} as const;

function whatOf(body: RerunBody): NewAttempt['what'] {
  const { from = 'all', job = '', step = '', iteration = 0 } = body;
  for (const name of ['job', 'step', 'iteration'] as const) {
    const isNeeded = needed[from].some((one) => one === name);
    if (isNeeded && body[name] === undefined)
      throw invalid(`a rerun from ${from} needs \`${name}\``, `Add \`${name}\`.`);
    if (!isNeeded && body[name] !== undefined) {
      throw invalid(`a rerun from ${from} takes no \`${name}\``, `Leave \`${name}\` out, or set \`from\`.`);
    }
  }
  switch (from) {
    case 'job':
      return { kind: 'job', job };
    // Whether there are such ones, the run says.
    case 'step':
      return { kind: 'step', job: job as JobKey, step: step as StepKey };
    case 'iteration':
      return { kind: 'iteration', job: job as JobKey, step: step as StepKey, index: iteration };
    default:
      return { kind: from };
  }
}

function invalid(message: string, remedy: string): WaterflowFailure {
  return new WaterflowFailure({ code: 'INVALID_INPUT', message, remedy });
}
