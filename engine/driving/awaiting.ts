import type { AwaitedSignal } from '../machine/index.ts';
import type { RunInfo } from '../port.ts';
import type { Addressed, Effect, Machines } from './machines.ts';

type Machine = Addressed['machine'];

/** What a run waits for somebody to send, and which of its machines wait. It follows what they ask for. */
export class Awaiting {
  readonly #waiting = new Map<string, { readonly machine: Machine; readonly awaited: AwaitedSignal }>();

  /** Takes in what machines ask for. */
  followAll(effects: readonly Effect[]): void {
    for (const effect of effects) this.#follow(effect);
  }

  #follow(effect: Effect): void {
    if (effect.kind === 'end_run') return;
    const { command } = effect;
    const machine: Machine = effect.kind === 'run' ? { kind: 'run' } : { kind: 'job', job: effect.job };
    switch (command.type) {
      case 'await_signal':
        this.#waiting.set(keyOf(machine, command.awaited.name), { machine, awaited: command.awaited });
        return;
      case 'stop_awaiting':
        this.#waiting.delete(keyOf(machine, command.name));
        return;
      default:
        return;
    }
  }

  /** Signals, and the secrets that steps of these machines wait for. */
  all(machines: Pick<Machines, 'awaitedSecrets'> | undefined): RunInfo['awaits'] {
    return [...this.signals(), ...(machines?.awaitedSecrets() ?? [])];
  }

  /** In the order in which they were asked for. */
  signals(): readonly AwaitedSignal[] {
    return [...this.#waiting.values()].map(({ awaited }) => awaited);
  }

  /** The machines that wait for a signal of this name. */
  receiversOf(name: string): readonly Machine[] {
    return [...this.#waiting.values()].filter(({ awaited }) => awaited.name === name).map(({ machine }) => machine);
  }
}

function keyOf(machine: Machine, name: string): string {
  return JSON.stringify([machine.kind === 'run' ? null : machine.job, name]);
}
