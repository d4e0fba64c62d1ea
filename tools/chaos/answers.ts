import type { RunEvent } from './follow.ts';

/** One attempt of a step, as the events tell of it. */
export interface StepAttempt {
  readonly job: string;
  readonly step: string;
  readonly job_attempt: number;
  readonly attempt: number;
  readonly startedAt: number;
  /** Absent: it was never answered. */
  readonly answer?: StepAnswer;
}

/** What it came to, once the engine has acknowledged it. */
export interface StepAnswer {
  /** Of the event. */
  readonly sequence: number;
  readonly at: number;
  readonly outcome: string;
  /** Of what was no success. */
  readonly class?: string;
  /** Which execution gave it; see workflow.ts. */
  readonly token: string | undefined;
}

/** The attempts of steps that events tell of, with what is wrong with how they are told. */
export function stepAttempts(events: readonly RunEvent[]): {
  readonly attempts: readonly StepAttempt[];
  readonly problems: readonly string[];
} {
  const attempts = new Map<string, StepAttempt>();
  const problems: string[] = [];
  for (const { job = '', type, sequence, event } of events) {
    if (type !== 'step_started' && type !== 'step_finished') continue;
    const { step, attempt, job_attempt, at, result } = event as unknown as ToldStep; // As both engines tell it.
    const key = attemptKey({ job, step, job_attempt, attempt });
    const known = attempts.get(key);
    if (type === 'step_started') {
      if (known !== undefined) problems.push(`event ${sequence}: ${key} was started before`);
      else attempts.set(key, { job, step, job_attempt, attempt, startedAt: at });
    } else if (known === undefined) problems.push(`event ${sequence}: ${key} is answered, and wasn't started`);
    else if (known.answer !== undefined) problems.push(`event ${sequence}: ${key} was answered before`);
    else {
      const { outcome = '', class: kind, outputs } = result ?? {};
      const token = typeof outputs?.['token'] === 'string' ? outputs['token'] : undefined;
      const answer = { sequence, at, outcome, token, ...(kind === undefined ? {} : { class: kind }) };
      attempts.set(key, { ...known, answer });
    }
  }
  return { attempts: [...attempts.values()], problems };
}

/** `JOB (attempt N) STEP (attempt M)`. */
export function attemptKey(one: Pick<StepAttempt, 'job' | 'step' | 'job_attempt' | 'attempt'>): string {
  return `${one.job} (attempt ${one.job_attempt}) ${one.step} (attempt ${one.attempt})`;
}

interface ToldStep {
  readonly step: string;
  readonly attempt: number;
  readonly job_attempt: number;
  readonly at: number;
  readonly result?: {
    readonly outcome?: string;
    readonly class?: string;
    readonly outputs?: Readonly<Record<string, unknown>>;
  };
}
