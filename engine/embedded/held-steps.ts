import type { JobKey, StepTask } from '../../schemas/index.ts';
import type { Addressed, Change, Consequences, Effect, Machines } from '../driving/machines.ts';
import { type StepName, stepOf } from '../driving/step-name.ts';
import { isLacking, type JobEvent } from '../machine/index.ts';
import type { ReadSecrets } from './read-secrets.ts';
import { namesInRun, type RunSecrets, secretsReadBy } from './run-secrets.ts';
import { type CancelReason, endedBeforeItBegan, type WithoutTime } from './work.ts';

/** What steps are held back with. */
export interface HeldStepParts {
  readonly machines: Machines;
  readonly secrets: RunSecrets;
  readonly read: ReadSecrets;
  /** The names of the secrets, as the task's workflow has them, that its plugin asks for by itself. */
  readonly namedByPlugin: (task: StepTask) => Promise<readonly string[]>;
  readonly answer: (job: JobKey, event: WithoutTime<JobEvent>) => void;
  /** One of them may have become free to begin. */
  readonly changed: () => void;
  /** True where nothing of a job goes on, whatever it asked for: it waits for its group. */
  readonly isGated: (job: JobKey) => boolean;
}

interface HeldStep {
  readonly job: JobKey;
  readonly task: StepTask;
  /** By their names in the run, as far as they are known. */
  needs: readonly string[];
  /** Its plugin is still looked at. */
  asking: boolean;
  /** What its machine knows that it waits for. */
  told?: readonly string[];
}

/**
 * Steps that their machines have asked for and that no agent gets yet, since values of secrets that they need aren't there. That such a
 * step began is not journaled meanwhile, so that another crash finds it as it was. Nobody is kept waiting in a run that has all values.
 */
export class HeldSteps {
  readonly #parts: HeldStepParts;
  readonly #steps = new Map<string, HeldStep>();

  constructor(parts: HeldStepParts) {
    this.#parts = parts;
  }

  get isEmpty(): boolean {
    return this.#steps.size === 0;
  }

  /** What is left of these once the steps that have to wait are taken out of them. */
  take(consequences: Consequences, at: number): Consequences {
    if (this.#parts.secrets.missing.length === 0) return consequences;
    const held = consequences.effects.filter((effect) => this.#hold(effect));
    if (held.length === 0) return consequences;
    const begins = ({ machine, event }: Addressed): boolean =>
      event.type === 'step_started' && machine.kind === 'job' && this.#steps.has(keyOf(machine.job, event));
    return {
      events: [
        ...consequences.events.filter((event) => !begins(event)),
        ...held.flatMap((effect) => this.#tell(effect, at)),
      ],
      effects: consequences.effects.filter((effect) => !held.includes(effect)),
    };
  }

  /** Takes in what a machine took in. */
  follow(change: Change): void {
    const { secrets, read } = this.#parts;
    if (secrets.missing.length > 0) read.follow(change, [], secrets.names);
  }

  /** Ends one that waits; false where none of them has this name. */
  cancel(job: JobKey, name: StepName, reason: CancelReason): boolean {
    const key = keyOf(job, name);
    const held = this.#steps.get(key);
    if (held === undefined) return false;
    this.#steps.delete(key);
    const result = endedBeforeItBegan(held.task, reason);
    this.#parts.answer(job, { type: 'step_finished', ...stepOf(held.task), result });
    return true;
  }

  /** The job gives its agent back: nothing of it is waited for any more. */
  release(job: JobKey): void {
    for (const [key, held] of this.#steps) if (held.job === job) this.#steps.delete(key);
  }

  /** Values were given: machines hear of what is still missing. */
  given(): void {
    for (const held of this.#steps.values()) this.#tellAnew(held);
  }

  /** Takes out those that may begin. Called when every event that there is was taken in. */
  due(at: number): Consequences {
    const [events, effects]: [Addressed[], Effect[]] = [[], []];
    const { machines, read, secrets, isGated } = this.#parts;
    for (const [key, held] of this.#steps) {
      const { job, task } = held;
      if (held.asking || isGated(job)) continue;
      const state = machines.job(job);
      // Its machine has ended it.
      if (state === undefined || (held.told !== undefined && !isLacking(state, task))) {
        this.#steps.delete(key);
        continue;
      }
      if (machines.isPaused || secrets.missingOf(held.needs).length > 0) continue;
      this.#steps.delete(key);
      read.began(job, held.needs);
      events.push({ machine: { kind: 'job', job }, event: { type: 'step_started', at, ...stepOf(task) } });
      effects.push({ kind: 'job', job, command: { type: 'run_step', task } });
    }
    return { events, effects };
  }

  /** True where a step has to wait from now on. */
  #hold(effect: Effect): boolean {
    if (effect.kind !== 'job' || effect.command.type !== 'run_step') return false;
    const { secrets, read } = this.#parts;
    const { job, command } = effect;
    const { task } = command;
    const needs = [...new Set([...secretsReadBy(task, secrets.names), ...read.of(job)])];
    const held: HeldStep = { job, task, needs, asking: true };
    this.#steps.set(keyOf(job, task), held);
    void this.#ask(held);
    return true;
  }

  /** A plugin that can't be found asks for nothing: the step itself fails by that. */
  async #ask(held: HeldStep): Promise<void> {
    const { namedByPlugin, secrets, changed } = this.#parts;
    const { job, task } = held;
    const named = await namedByPlugin(task).catch(() => []);
    if (this.#steps.get(keyOf(job, task)) !== held) return;
    held.needs = [...new Set([...held.needs, ...namesInRun(task, named, secrets.names)])];
    held.asking = false;
    this.#tellAnew(held);
    changed();
  }

  #tell(effect: Effect, at: number): readonly Addressed[] {
    if (effect.kind !== 'job' || effect.command.type !== 'run_step') return [];
    const { job, command } = effect;
    const held = this.#steps.get(keyOf(job, command.task));
    const lacks = this.#parts.secrets.missingOf(held?.needs ?? []);
    if (held === undefined || lacks.length === 0) return [];
    held.told = lacks;
    const event = { type: 'secrets_awaited', at, ...stepOf(command.task), secrets: lacks } as const;
    return [{ machine: { kind: 'job', job }, event }];
  }

  /** One that lacks nothing begins, unless the run is paused. */
  #tellAnew(held: HeldStep): void {
    const { secrets, machines, answer } = this.#parts;
    const lacks = secrets.missingOf(held.needs);
    if (lacks.length === 0 && !machines.isPaused) return;
    held.told = lacks;
    answer(held.job, { type: 'secrets_awaited', ...stepOf(held.task), secrets: lacks });
  }
}

function keyOf(job: JobKey, { step, attempt, job_attempt }: StepName): string {
  return JSON.stringify([job, job_attempt, attempt, step]);
}
