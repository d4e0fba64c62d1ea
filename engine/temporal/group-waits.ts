import type { Place } from '../driving/group-place.ts';
import type { Change, Effect } from '../driving/machines.ts';

/** How long a group that is free takes to say so, in ms: it is a workflow of its own. */
const answerMs = 1000;

interface Asked {
  readonly place: Place;
  readonly at: number;
  /** By the clock that never goes back. */
  readonly since: number;
  told: boolean;
}

/**
 * What a run waits for in concurrency groups. Only the group knows who has it, and it tells members nothing before it is their turn: who
 * isn't answered soon, waits.
 */
export class GroupWaits {
  readonly #asked = new Map<string, Asked>();

  /** Takes in what the run's machine asks for. `at`: when, in ms since the epoch. */
  asked(effect: Effect, at: number): void {
    if (effect.kind !== 'run') return;
    const { command } = effect;
    if (command.type === 'acquire_group') {
      const place = { group: command.group, member: command.member };
      this.#asked.set(keyOf(place), { place, at, since: performance.now(), told: false });
    } else if (command.type === 'release_group') this.#asked.delete(keyOf(command));
  }

  follow({ kind, event }: Change): void {
    if (kind === 'run' && event.type === 'group_acquired') this.#asked.delete(keyOf(event));
  }

  /** The places that turn out to wait, each once. */
  waiting(): readonly Pick<Asked, 'place' | 'at'>[] {
    const late = [...this.#asked.values()].filter(({ told, since }) => !told && performance.now() - since >= answerMs);
    for (const asked of late) asked.told = true;
    return late;
  }

  /** Calls back when the next one may turn out to wait, until disposed of. */
  wake(callback: () => void): Disposable {
    const next = Math.min(
      ...[...this.#asked.values()].filter(({ told }) => !told).map(({ since }) => since + answerMs),
    );
    const timer = Number.isFinite(next) ? setTimeout(callback, next - performance.now() + 1) : undefined;
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  }
}

function keyOf({ group, member }: Place): string {
  return JSON.stringify([group, member]);
}
