import type { JobKey } from '../../../schemas/index.ts';
import type { JobCommand, JobEvent, RunCommand, RunEvent } from '../index.ts';
import { claim, success } from './drive.ts';

/** Where an event goes: to the run machine or to the machine of a job. */
export type Delivery =
  | { readonly to: 'run'; readonly event: RunEvent }
  | { readonly to: 'job'; readonly job: JobKey; readonly event: JobEvent };

/** Something that a machine asked for. */
export type Asked =
  | { readonly by: 'run'; readonly command: RunCommand }
  | { readonly by: 'job'; readonly job: JobKey; readonly command: JobCommand };

/** What is outstanding, by the commands and their answers alone; it knows no state of a machine. */
export class Ledger {
  #asked: readonly Asked[] = [];
  readonly #withdrawn: Delivery[] = [];
  /** Steps that nobody runs, since they lack secrets. */
  readonly #lacking = new Set<Asked>();

  /** Commands that wait for an answer of the world. */
  get answerable(): readonly Asked[] {
    return this.#asked.filter(({ command }) => !['start_job', 'cancel_step', 'finish_run'].includes(command.type));
  }

  /** Answers that come too late, to commands that were withdrawn. */
  get late(): readonly Delivery[] {
    return this.#withdrawn;
  }

  /** What a job has outstanding. */
  ofJob(job: JobKey): readonly JobCommand[] {
    return this.#asked.flatMap((asked) => (asked.by === 'job' && asked.job === job ? [asked.command] : []));
  }

  /** The jobs that were started and whose end the run doesn't know, and what else the run has outstanding. */
  ofRun(): readonly RunCommand[] {
    return this.#asked.flatMap((asked) => (asked.by === 'run' ? [asked.command] : []));
  }

  /** A run machine's command. */
  addOfRun(command: RunCommand): void {
    this.#asked = [...this.#asked, { by: 'run', command }];
  }

  /** A job machine's command, which may withdraw others. */
  addOfJob(job: JobKey, command: JobCommand, at: number): void {
    switch (command.type) {
      case 'cancel_timer': {
        const timers = this.#asked.filter((asked) => isTimerOf(asked, job, command.timer));
        if (timers.length !== 1) throw new Error(`${job} withdraws timer ${command.timer}, which is not outstanding`);
        return this.#withdraw(timers, at);
      }
      case 'release_agent':
        return this.#withdraw(
          this.#asked.filter((asked) => isOnAgentOf(asked, job)),
          at,
        );
      case 'cancel_step': {
        const cancel: Asked = { by: 'job', job, command };
        const lacking = this.#asked.filter((asked) => this.#lacking.has(asked) && isCancelOf(cancel, asked));
        if (lacking.length > 0) return this.#withdraw(lacking, at);
        this.#asked = [...this.#asked, cancel];
        return;
      }
      default:
        this.#asked = [...this.#asked, { by: 'job', job, command }];
    }
  }

  /** A step lacks secrets, or doesn't any more. */
  lacks(step: Asked, { isLacking }: { readonly isLacking: boolean }): void {
    if (isLacking) this.#lacking.add(step);
    else this.#lacking.delete(step);
  }

  /** A command is answered; of a step also the request to cancel it. */
  settle(answered: Asked): void {
    this.#asked = this.#asked.filter((asked) => asked !== answered && !isCancelOf(asked, answered));
  }

  /** The end of a job answers its start, and makes a request to cancel it pointless. */
  settleJob(job: JobKey): void {
    this.#asked = this.#asked.filter(
      (asked) =>
        asked.by === 'job' ||
        (asked.command.type !== 'start_job' && asked.command.type !== 'cancel_job') ||
        asked.command.job !== job,
    );
  }

  /** The agent of a job is gone: nothing that was asked of it will be answered. */
  loseAgent(job: JobKey): void {
    this.#asked = this.#asked.filter((asked) => !isOnAgentOf(asked, job));
  }

  #withdraw(gone: readonly Asked[], at: number): void {
    this.#asked = this.#asked.filter((asked) => !gone.includes(asked));
    for (const asked of gone) {
      if (asked.by === 'job') this.#withdrawn.push(...lateAnswers(asked.job, asked.command, at));
    }
  }
}

function isTimerOf(asked: Asked, job: JobKey, timer: string): boolean {
  return (
    asked.by === 'job' && asked.job === job && asked.command.type === 'start_timer' && asked.command.timer === timer
  );
}

function isOnAgentOf(asked: Asked, job: JobKey): boolean {
  const onAgent = ['claim_agent', 'run_step', 'cancel_step', 'evaluate_on_agent'];
  return asked.by === 'job' && asked.job === job && onAgent.includes(asked.command.type);
}

function isCancelOf(asked: Asked, answered: Asked): boolean {
  if (asked.by === 'run' || answered.by === 'run' || asked.job !== answered.job) return false;
  if (asked.command.type !== 'cancel_step' || answered.command.type !== 'run_step') return false;
  return asked.command.step === answered.command.task.step && asked.command.attempt === answered.command.task.attempt;
}

function lateAnswers(job: JobKey, command: JobCommand, at: number): readonly Delivery[] {
  switch (command.type) {
    case 'start_timer':
      return [{ to: 'job', job, event: { type: 'timer_fired', at, timer: command.timer } }];
    case 'claim_agent':
      return [{ to: 'job', job, event: { type: 'agent_claimed', at, job_attempt: command.job_attempt, claim } }];
    case 'run_step': {
      const { step, attempt, job_attempt } = command.task;
      return [{ to: 'job', job, event: { type: 'step_finished', at, step, attempt, job_attempt, result: success() } }];
    }
    case 'evaluate_on_agent':
      return [{ to: 'job', job, event: { type: 'evaluated', at, id: command.task.id, result: { ok: true } } }];
    default:
      return [];
  }
}
