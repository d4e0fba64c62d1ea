import type { JobKey, Plan, RunId } from '../../schemas/index.ts';
import type { RunRecord } from '../../storage/index.ts';
import type { Projection } from '../../storage/projection/port.ts';
import { Awaiting } from '../driving/awaiting.ts';
import { type Change, type Effect, fromEntry, Machines } from '../driving/machines.ts';
import { SharedSignals } from './shared-signals.ts';

/** What an event of a run did. */
export interface Step {
  readonly sequence: number;
  readonly change: Change;
  readonly effects: readonly Effect[];
}

/** A run as its projection has it, as far as it was read: its machines, and what it waits for. */
export class FollowedRun {
  readonly run: RunId;
  readonly record: RunRecord;
  readonly machines: Machines;
  readonly awaiting: Awaiting = new Awaiting();
  readonly signals: SharedSignals = new SharedSignals();
  readonly #projection: Projection;
  /** How many events of each job's machine there are, and of the run's under the empty key. */
  readonly #counts = new Map<JobKey | '', number>();
  #sequence = 0;
  #at: number;
  #reading: Promise<unknown> = Promise.resolve();

  private constructor(record: RunRecord, projection: Projection) {
    this.run = record.run;
    this.record = record;
    this.#projection = projection;
    this.#at = record.created_at;
    // The engine creates records with a Plan, and storage gives what was written.
    this.machines = new Machines(record.plan as unknown as Plan);
  }

  /** RUN_NOT_FOUND. */
  static async open(run: RunId, projection: Projection): Promise<FollowedRun> {
    return new FollowedRun(await projection.record(run), projection);
  }

  /** The sequence of the last event that was taken in. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The time of the latest event, in ms since the epoch. */
  get at(): number {
    return this.#at;
  }

  /** How many events of a machine there are; without a job those of the run's own. */
  countOf(job?: JobKey): number {
    return this.#counts.get(job ?? '') ?? 0;
  }

  /** Takes in what has come since, up to a sequence; gives what it did. Calls follow one another. */
  catchUp(until: number = Number.POSITIVE_INFINITY): Promise<readonly Step[]> {
    const reading = this.#reading.then(
      () => this.#read(until),
      () => this.#read(until),
    );
    this.#reading = reading;
    return reading;
  }

  async #read(until: number): Promise<readonly Step[]> {
    const steps: Step[] = [];
    for await (const entry of this.#projection.entries(this.run, this.#sequence)) {
      if (entry.sequence > until) break;
      this.#sequence = entry.sequence;
      const addressed = this.signals.shared(fromEntry(entry), this.awaiting);
      const machine = entry.machine.kind === 'run' ? '' : entry.machine.job;
      this.#counts.set(machine, (this.#counts.get(machine) ?? 0) + 1);
      this.#at = Math.max(this.#at, addressed.event.at);
      const applied = this.machines.apply(addressed);
      if (applied === undefined) continue;
      const { change, consequences } = applied;
      this.awaiting.followAll(consequences.effects);
      steps.push({ sequence: entry.sequence, change, effects: consequences.effects });
    }
    return steps;
  }
}
