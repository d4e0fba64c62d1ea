import { claim, success } from '../../testing/drive.ts';
import type { JobCommand, JobEvent } from '../protocol.ts';

/** What a job has outstanding, by its commands and their answers alone; it knows no state. */
export class JobLedger {
  #asked: readonly JobCommand[] = [];
  /** Answers that come too late, to commands that were withdrawn. */
  readonly late: JobEvent[] = [];
  readonly #timers = new Set<string>();
  /** Steps that nobody runs, since they lack secrets. */
  readonly #lacking = new Set<JobCommand>();

  get asked(): readonly JobCommand[] {
    return this.#asked;
  }

  /** Commands that wait for an answer. */
  get answerable(): readonly JobCommand[] {
    return this.#asked.filter(({ type }) => type !== 'cancel_step');
  }

  add(command: JobCommand, at: number): void {
    switch (command.type) {
      case 'cancel_timer':
        return this.#withdraw(
          one(this.#asked, (asked) => asked.type === 'start_timer' && asked.timer === command.timer),
          at,
        );
      case 'stop_awaiting': {
        const awaited = one(
          this.#asked,
          (asked) => asked.type === 'await_signal' && asked.awaited.name === command.name,
        );
        return this.#withdraw(awaited, at);
      }
      case 'release_agent':
        return this.#withdraw(this.#asked.filter(isOnAgent), at);
      case 'start_timer':
        if (this.#timers.has(command.timer)) throw new Error(`timer ${command.timer} is started twice`);
        this.#timers.add(command.timer);
        break;
      case 'await_signal':
        if (this.#asked.some((asked) => asked.type === 'await_signal' && asked.awaited.name === command.awaited.name)) {
          throw new Error(`signal ${command.awaited.name} is awaited twice`);
        }
        break;
      case 'cancel_step': {
        const { step, attempt } = command;
        const [asked] = one(
          this.#asked,
          (asked) => asked.type === 'run_step' && asked.task.step === step && asked.task.attempt === attempt,
        );
        if (asked !== undefined && this.#lacking.has(asked)) return this.#withdraw([asked], at);
        break;
      }
      default:
    }
    this.#asked = [...this.#asked, command];
  }

  /** A command is answered; of a step also the request to cancel it. A signal is awaited until the machine says otherwise. */
  settle(answered: JobCommand): void {
    if (answered.type === 'await_signal') return;
    this.#asked = this.#asked.filter((asked) => asked !== answered && !isCancelOf(asked, answered));
  }

  /** A step lacks secrets, or doesn't any more. */
  lacks(step: JobCommand, { isLacking }: { readonly isLacking: boolean }): void {
    if (isLacking) this.#lacking.add(step);
    else this.#lacking.delete(step);
  }

  /** The agent is gone: nothing that was asked of it will be answered. */
  loseAgent(): void {
    this.#asked = this.#asked.filter((asked) => !isOnAgent(asked));
  }

  #withdraw(gone: readonly JobCommand[], at: number): void {
    this.#asked = this.#asked.filter((asked) => !gone.includes(asked));
    this.late.push(...gone.flatMap((command) => lateAnswers(command, at)));
  }
}

function one(commands: readonly JobCommand[], fits: (command: JobCommand) => boolean): readonly JobCommand[] {
  const found = commands.filter(fits);
  if (found.length !== 1)
    throw new Error(`${found.length} commands are outstanding that are to be withdrawn or cancelled`);
  return found;
}

function isOnAgent({ type }: JobCommand): boolean {
  return ['claim_agent', 'run_step', 'cancel_step', 'evaluate_on_agent'].includes(type);
}

function isCancelOf(asked: JobCommand, answered: JobCommand): boolean {
  if (asked.type !== 'cancel_step' || answered.type !== 'run_step') return false;
  return asked.step === answered.task.step && asked.attempt === answered.task.attempt;
}

function lateAnswers(command: JobCommand, at: number): readonly JobEvent[] {
  switch (command.type) {
    case 'start_timer':
      return [{ type: 'timer_fired', at, timer: command.timer }];
    case 'claim_agent':
      return [{ type: 'agent_claimed', at, job_attempt: command.job_attempt, claim }];
    case 'run_step': {
      const { step, attempt, job_attempt } = command.task;
      return [{ type: 'step_finished', at, step, attempt, job_attempt, result: success() }];
    }
    case 'evaluate_on_agent':
      return [{ type: 'evaluated', at, id: command.task.id, result: { ok: true } }];
    default:
      return [];
  }
}
