/** Evidence of runs that went as they should, to be falsified. */
import type { JsonObject } from '../../../schemas/index.ts';
import type { Evidence, LogLine, StepDetails } from '../evidence.ts';
import type { RunEvent } from '../follow.ts';
import { jobNames, middleLines, stepId, stepsOfJob, valueOf } from '../workflow.ts';

const numbers = Array.from({ length: stepsOfJob }, (_, index) => index + 1);

interface Attempt {
  readonly job_attempt?: number;
  readonly attempt?: number;
}

/** What is told of a run, as it goes on. */
export class Told {
  readonly events: RunEvent[] = [];
  readonly ledger: string[] = [];
  readonly log: LogLine[] = [];
  readonly #attempts = new Map<string, number>();

  event(type: string, event: JsonObject, job?: string): void {
    const sequence = this.events.length + 1;
    const at = 1000 * sequence;
    const ofJob = job === undefined ? {} : { job };
    this.events.push({
      sequence,
      at: new Date(at).toISOString(),
      type,
      event: { ...event, at },
      ...ofJob,
    });
  }

  /** A job from its first step to its last, by an agent. */
  job(
    job: string,
    {
      job_attempt = 1,
      agent = 'first',
      steps = stepsOfJob,
    }: { readonly job_attempt?: number; readonly agent?: string; readonly steps?: number } = {},
  ): void {
    this.#attempts.set(job, job_attempt);
    this.event('agent_claimed', { job_attempt, claim: { agent } }, job);
    for (const number of numbers.slice(0, steps)) this.step(job, number, { job_attempt });
  }

  /** A step that does what it should. */
  step(job: string, number: number, { job_attempt = 1, attempt = 1 }: Attempt = {}): void {
    const token = tokenOf(job, number, { job_attempt, attempt });
    const step = stepId(number);
    this.event('step_started', { step, attempt, job_attempt }, job);
    this.ledger.push(`begin ${job} ${step} ${token} 7`, `end ${job} ${step} ${token}`);
    const lines = [`token ${token}`, ...middleLines, `value ${valueOf(job, number)}`];
    this.log.push(...lines.map((text) => ({ job, step, job_attempt, attempt, text })));
    const outputs = { value: String(valueOf(job, number)), token };
    this.event('step_finished', { step, attempt, job_attempt, result: { outcome: 'success', outputs } }, job);
  }

  ends(job: string): void {
    this.event('job_finished', { job });
  }

  evidence(engine: Evidence['engine'], kills: Evidence['kills'] = []): Evidence {
    const { events, ledger, log } = this;
    const stepsOf = (job: string): Readonly<Record<string, StepDetails>> =>
      Object.fromEntries(
        numbers.map((number) => [
          stepId(number),
          { status: 'success', outputs: { value: String(valueOf(job, number)) } },
        ]),
      );
    const jobs = jobNames.map((job) => [
      job,
      { status: 'success', attempts: this.#attempts.get(job) ?? 1, steps: stepsOf(job) },
    ]);
    const details = { status: 'success', jobs: Object.fromEntries(jobs) as Evidence['details']['jobs'] };
    return { engine, run: 'run-1', kills, events, followed: [...events], ledger, log, details };
  }
}

/** Names an execution. */
export function tokenOf(job: string, number: number, { job_attempt = 1, attempt = 1 }: Attempt = {}): string {
  return `${job}${number}.${job_attempt}.${attempt}`;
}

/** All jobs, one after the other; `special` has it otherwise for one of them. */
export function toldRun(special?: { readonly job: string; readonly tell: (told: Told) => void }): Told {
  const told = new Told();
  told.event('run_started', {});
  for (const job of jobNames) {
    if (job === special?.job) special.tell(told);
    else told.job(job);
    told.ends(job);
  }
  return told;
}
