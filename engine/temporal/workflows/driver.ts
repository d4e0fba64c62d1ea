import { condition, defineSignal, proxySinks, setHandler } from '@temporalio/workflow';
import type { JsonObject } from '../../../schemas/index.ts';
import { type Carried, type EngineSinks, type EventSource, names, type Untimed } from '../protocol.ts';
import { engineActivities } from './engine-activities.ts';
import { Succession } from './succession.ts';

/** What a workflow feeds: one machine with its events and commands. */
export interface Machine<State, Event, Command> {
  /** It never changes: each event gives another one. */
  state: State;
  /** What an event comes to; undefined where it changes nothing. */
  apply(event: Event): readonly Command[] | undefined;
  /** What is told of a command at once, with the event that it comes from. */
  told(command: Command): Untimed<Event> | undefined;
  /** A defect kept it from that. */
  broke(cause: unknown): void;
}

const { storage } = proxySinks<EngineSinks>();
const behindSignal = defineSignal(names.behindSignal);

/**
 * Feeds a machine in a workflow. Events wait in an inbox. Each turn takes all of them, hands those that changed the machine to storage, and
 * gives what is to be carried out: Temporal hears of that once storage has the events. What is in storage holds: a task that was cut off
 * after it had written may have met other events than the one that is done in its place, or in another order, and others have read them
 * since. The workflow is told that it is behind then, and takes them in as they are there, before its own.
 */
export class Driver<State, Event extends { readonly type: string; readonly at: number }, Command> {
  readonly #machine: Machine<State, Event, Command>;
  readonly #source: EventSource;
  readonly #succession = new Succession();
  #inbox: Untimed<Event>[] = [];
  #sequence: number;
  #at: number;
  #isTaking = false;
  #isBehind = false;
  #isClosed = false;

  constructor(machine: Machine<State, Event, Command>, source: EventSource, carried: Carried) {
    this.#machine = machine;
    this.#source = source;
    this.#sequence = carried.sequence;
    this.#at = carried.at;
    setHandler(behindSignal, () => {
      this.#isBehind = true;
    });
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

  /** Waits for events, or until `done`, and gives what they come to. One at a time. */
  async turn(done: () => boolean = () => false): Promise<readonly Command[]> {
    await condition(() => this.hasEvents || done());
    this.#isTaking = true;
    try {
      return await this.#takeIn();
    } finally {
      this.#isTaking = false;
    }
  }

  /** True where events wait. */
  get hasEvents(): boolean {
    return this.#inbox.length > 0 || (this.#isBehind && !this.#isClosed);
  }

  /** Waits, beside the turns, until everything that has come by then is taken in and in storage. */
  async settled(): Promise<void> {
    // Of several who wait, the first one may post something before the others go on.
    while (this.#isBusy) await condition(() => !this.#isBusy);
  }

  /** Between turns: what the next execution has to know. */
  get carried(): Carried {
    return { sequence: this.#sequence, at: this.#at };
  }

  /** True where the workflow had better go on in a new execution. */
  get isToGoOn(): boolean {
    return this.#succession.isDue;
  }

  get #isBusy(): boolean {
    return this.#isTaking || this.hasEvents;
  }

  async #takeIn(): Promise<readonly Command[]> {
    if (!this.hasEvents) return [];
    await allElse();
    const before = this.#isBehind ? await this.#catchUp() : [];
    const { events, commands } = this.#applied(this.#inbox.splice(0));
    // Events are JSON; interfaces only lack JsonObject's index signature.
    const told = events as unknown as readonly JsonObject[];
    if (told.length > 0) storage.keep({ ...this.#source, from: this.#sequence + 1, events: told });
    this.#sequence += events.length;
    return [...before, ...commands];
  }

  /** Takes in what storage has that this doesn't know of. Those of the inbox that are there already are not taken in again. */
  async #catchUp(): Promise<readonly Command[]> {
    const kept = await engineActivities.kept(this.#source, this.#sequence + 1);
    this.#isBehind = false;
    // Those of this machine, as a task before wrote them.
    const { commands, rest } = this.#takenOver(kept as unknown as readonly Event[], this.#inbox.splice(0));
    this.#inbox.unshift(...rest);
    return commands;
  }

  /** Takes in what is in storage, and gives which of the inputs aren't. */
  #takenOver(
    kept: readonly Event[],
    inputs: readonly Untimed<Event>[],
  ): { readonly commands: readonly Command[]; readonly rest: readonly Untimed<Event>[] } {
    const commands: Command[] = [];
    const rest = [...inputs];
    for (const event of kept) {
      this.#at = Math.max(this.#at, event.at);
      removeOne(rest, event);
      for (const command of this.#commandsOf(event) ?? []) {
        const told = this.#machine.told(command);
        if (told !== undefined) rest.push(told);
        commands.push(command);
      }
    }
    this.#sequence += kept.length;
    return { commands, rest };
  }

  #applied(inputs: readonly Untimed<Event>[]): {
    readonly events: readonly Event[];
    readonly commands: readonly Command[];
  } {
    const queue = [...inputs];
    const events: Event[] = [];
    const commands: Command[] = [];
    for (const input of queue) {
      // Adding the time makes the event that it is a part of whole.
      const event = { ...input, at: this.#time() } as unknown as Event;
      const wanted = this.#commandsOf(event);
      if (wanted === undefined) continue;
      events.push(event);
      commands.push(...wanted);
      for (const command of wanted) {
        const told = this.#machine.told(command);
        if (told !== undefined) queue.push(told);
      }
    }
    return { events, commands };
  }

  /** An event on which the machine breaks is not taken in. */
  #commandsOf(event: Event): readonly Command[] | undefined {
    try {
      return this.#machine.apply(event);
    } catch (cause) {
      this.#machine.broke(cause);
      return undefined;
    }
  }

  /** ms since the epoch, never earlier than an event that was taken in. */
  #time(): number {
    this.#at = Math.max(this.#at, Date.now());
    return this.#at;
  }
}

/** Takes away one that is the event, but for its time. */
function removeOne(inputs: unknown[], event: { readonly at: number }): void {
  // Both were made in the same way, so their members are in the same order.
  const text = JSON.stringify({ ...event, at: undefined });
  const index = inputs.findIndex((input) => JSON.stringify(input) === text);
  if (index !== -1) inputs.splice(index, 1);
}

/** Resolves once everything else of this activation has come to wait, so that what it brings is written at once. */
async function allElse(): Promise<void> {
  let isSecondLook = false;
  await condition(() => {
    const wasLooked = isSecondLook;
    isSecondLook = true;
    return wasLooked;
  });
}
