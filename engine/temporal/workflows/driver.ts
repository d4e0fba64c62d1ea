import { condition } from '@temporalio/workflow';
import type { JobKey, RunId } from '../../../schemas/index.ts';
import type { Carried, Untimed } from '../protocol.ts';
import { engineActivities } from './engine-activities.ts';
import { Succession } from './succession.ts';

/** What a workflow feeds: one machine with its events and commands. */
export interface Machine<Event, Command> {
  /** What an event comes to; undefined where it changes nothing. */
  apply(event: Event): readonly Command[] | undefined;
  /** A defect kept it from that. */
  broke(cause: unknown): void;
}

/** Whose events a driver projects. */
export interface Source {
  readonly run: RunId;
  readonly job?: JobKey;
}

/**
 * Feeds a machine in a workflow. Events wait in an inbox; each turn takes all of them, and carries out what comes of them. What changed the
 * machine is projected into storage, in batches and in order, beside everything else.
 */
export class Driver<Event extends { readonly type: string; readonly at: number }, Command> {
  readonly #machine: Machine<Event, Command>;
  readonly #source: Source;
  readonly #succession = new Succession();
  readonly #unprojected: Event[] = [];
  #inbox: Untimed<Event>[] = [];
  #sequence: number;
  #at: number;
  #projecting = false;
  #isClosed = false;

  constructor(machine: Machine<Event, Command>, source: Source, carried: Carried) {
    this.#machine = machine;
    this.#source = source;
    this.#sequence = carried.sequence;
    this.#at = carried.at;
  }

  /** An event is taken in with the next turn. */
  post(event: Untimed<Event>): void {
    if (!this.#isClosed) this.#inbox.push(event);
  }

  /** The machine is through: events that wait, or come yet, are nobody's any more. */
  close(): void {
    this.#isClosed = true;
    this.#inbox = [];
  }

  /** Waits for events, or until `done`, and gives what they come to. */
  async turn(done: () => boolean = () => false): Promise<readonly Command[]> {
    await condition(() => this.#inbox.length > 0 || done());
    return this.take();
  }

  /** What the events that wait come to. */
  take(): readonly Command[] {
    const commands: Command[] = [];
    for (let event = this.#inbox.shift(); event !== undefined; event = this.#inbox.shift()) {
      // Adding the time makes the event that it is a part of whole.
      const timed = { ...event, at: this.time() } as unknown as Event;
      const wanted = this.#applied(timed);
      if (wanted === undefined) continue;
      this.#unprojected.push(timed);
      commands.push(...wanted);
    }
    if (this.#unprojected.length > 0 && !this.#projecting) void this.#project();
    return commands;
  }

  /** True where events wait. */
  get hasEvents(): boolean {
    return this.#inbox.length > 0;
  }

  /** ms since the epoch, never earlier than an event that was taken in. */
  time(): number {
    this.#at = Math.max(this.#at, Date.now());
    return this.#at;
  }

  /** Waits until everything that was taken in is in storage, and gives what the next execution has to know. */
  async settled(): Promise<Carried> {
    await condition(() => !this.#projecting && this.#unprojected.length === 0);
    return { sequence: this.#sequence, at: this.#at };
  }

  /** True where the workflow had better go on in a new execution. */
  get isToGoOn(): boolean {
    return this.#succession.isDue;
  }

  /** An event on which the machine breaks is not taken in. */
  #applied(event: Event): readonly Command[] | undefined {
    try {
      return this.#machine.apply(event);
    } catch (cause) {
      this.#machine.broke(cause);
      return undefined;
    }
  }

  async #project(): Promise<void> {
    this.#projecting = true;
    await allElse();
    while (this.#unprojected.length > 0) {
      const events = this.#unprojected.splice(0);
      await engineActivities.project({
        ...this.#source,
        from: this.#sequence + 1,
        events,
      });
      this.#sequence += events.length;
    }
    this.#projecting = false;
  }
}

/**
 * Resolves once everything else of this activation has come to wait. What follows from an event is then told with it, by one local activity:
 * whatever a task schedules leaves the worker only when its local activities are through.
 */
async function allElse(): Promise<void> {
  let isSecondLook = false;
  await condition(() => {
    const wasLooked = isSecondLook;
    isSecondLook = true;
    return wasLooked;
  });
}
