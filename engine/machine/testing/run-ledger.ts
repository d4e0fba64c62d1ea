import { assertNever } from '../../../schemas/index.ts';
import type { RunCommand, RunEvent } from '../index.ts';

/** What a run has outstanding, by its commands and their answers alone; it knows no state of the machine. */
export class RunLedger {
  readonly #open = new Map<string, RunCommand>();

  get open(): readonly RunCommand[] {
    return [...this.#open.values()];
  }

  has(kind: RunCommand['type'], name: string): boolean {
    return this.#open.has(`${kind} ${name}`);
  }

  /** A command, which may withdraw others. It throws where it withdraws what isn't outstanding, or asks for the same twice. */
  add(command: RunCommand): void {
    switch (command.type) {
      case 'start_job':
        return this.#put(command, command.job);
      case 'cancel_job':
        if (!this.has('start_job', command.job)) throw new Error(`${command.job} does not run, and is cancelled`);
        this.#open.delete(`pause_job ${command.job}`);
        this.#open.delete(`resume_job ${command.job}`);
        return this.#put(command, command.job);
      case 'pause_job':
      case 'resume_job':
        if (!this.has('start_job', command.job)) throw new Error(`${command.job} does not run, and is told to pause`);
        this.#open.delete(`pause_job ${command.job}`);
        this.#open.delete(`resume_job ${command.job}`);
        return this.#put(command, command.job);
      case 'acquire_group':
        return this.#put(command, command.member);
      case 'release_group':
        return this.#withdraw(`acquire_group ${command.member}`);
      case 'list_hosts':
        return this.#put(command, command.job);
      case 'await_signal':
        return this.#put(command, command.awaited.name);
      case 'stop_awaiting':
        return this.#withdraw(`await_signal ${command.name}`);
      case 'start_timer':
        return this.#put(command, command.timer);
      case 'cancel_timer':
        return this.#withdraw(`start_timer ${command.timer}`);
      case 'finish_run':
        return this.#put(command, '');
      default:
        return assertNever(command);
    }
  }

  /** An event that answers something. */
  settle(event: RunEvent): void {
    if (event.type === 'job_finished') {
      for (const kind of ['start_job', 'cancel_job', 'pause_job', 'resume_job']) {
        this.#open.delete(`${kind} ${event.job}`);
      }
    }
    if (event.type === 'hosts_known' || event.type === 'hosts_unknown') this.#open.delete(`list_hosts ${event.job}`);
    if (event.type === 'timer_fired') this.#open.delete(`start_timer ${event.timer}`);
    if (event.type === 'rerun_requested') this.#open.delete('finish_run ');
  }

  /** A job has ended whose hosts were asked for: the answer has no use any more. */
  forgetHosts(job: string): void {
    this.#open.delete(`list_hosts ${job}`);
  }

  #put(command: RunCommand, name: string): void {
    const key = `${command.type} ${name}`;
    if (this.#open.has(key)) throw new Error(`${key} is asked for twice`);
    this.#open.set(key, command);
  }

  #withdraw(key: string): void {
    if (!this.#open.delete(key)) throw new Error(`${key} is withdrawn, and was not outstanding`);
  }
}
