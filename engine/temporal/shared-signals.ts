import type { Awaiting } from '../driving/awaiting.ts';
import type { Addressed } from '../driving/machines.ts';
import type { Signal } from '../machine/index.ts';

type Machine = Addressed['machine'];

/**
 * A signal comes to each machine that waits for it by an event of that machine's own. This makes them one signal again, as it was sent:
 * the same object.
 */
export class SharedSignals {
  #last: { readonly signal: Signal; readonly text: string; readonly receivers: Map<string, Machine> } | undefined;

  /** The machines that waited for a signal when it came, and haven't got it. */
  missedBy(signal: Signal): readonly Machine[] {
    return this.#last?.text === JSON.stringify(signal) ? [...this.#last.receivers.values()] : [];
  }

  /** The event, with the signal of those before it that are of the same one. `awaiting`: as it was before the event. */
  shared(addressed: Addressed, awaiting: Pick<Awaiting, 'receiversOf'>): Addressed {
    const { machine, event } = addressed;
    if (event.type !== 'signal_received') return addressed;
    const text = JSON.stringify(event.signal);
    const receiver = JSON.stringify(machine);
    if (this.#last?.text === text && this.#last.receivers.delete(receiver)) {
      // The same kind of event for the same machine.
      return { machine, event: { ...event, signal: this.#last.signal } } as Addressed;
    }
    const receivers = new Map(
      awaiting.receiversOf(event.signal.name).map((other) => [JSON.stringify(other), other] as const),
    );
    receivers.delete(receiver);
    this.#last = { signal: event.signal, text, receivers };
    return addressed;
  }
}
