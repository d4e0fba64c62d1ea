import type { StepTask } from '../../schemas/index.ts';
import { pathsOf, reads } from '../machine/index.ts';

/** Values of secrets, by name. They live in memory only. */
export type SecretValues = Readonly<Record<string, string>>;

/** The secrets of a run: all of their names, and of their values those that are there. */
export class RunSecrets {
  readonly names: readonly string[];
  #values: SecretValues;

  constructor(names: readonly string[], values: SecretValues) {
    this.names = names;
    this.#values = values;
  }

  /** Another object each time that some are given. */
  get values(): SecretValues {
    return this.#values;
  }

  /** The names of which there is no value. */
  get missing(): readonly string[] {
    return this.missingOf(this.names);
  }

  missingOf(names: readonly string[]): readonly string[] {
    return names.filter((name) => !Object.hasOwn(this.#values, name));
  }

  /** Adds values to those that are there; of names that the run hasn't nothing is kept. */
  give(values: SecretValues): void {
    const known = Object.entries(values).filter(([name]) => this.names.includes(name));
    this.#values = { ...this.#values, ...Object.fromEntries(known) };
  }
}

/** By their names in the run, the secrets that a task's workflow knows under these names; letter case doesn't count. */
export function namesInRun(task: StepTask, inside: readonly string[], ofRun: readonly string[]): readonly string[] {
  const wanted = new Set(inside.map((name) => name.toLowerCase()));
  return visibleTo(task, ofRun).flatMap(([known, name]) => (wanted.has(known.toLowerCase()) ? [name] : []));
}

/** By their names in the run, the secrets that a task's inputs and environment read; all that it can see where it computes a name. */
export function secretsReadBy(task: StepTask, ofRun: readonly string[]): readonly string[] {
  const paths = pathsOf(task.with, ...task.env);
  return visibleTo(task, ofRun).flatMap(([known, name]) => (reads(paths, 'secrets', known) ? [name] : []));
}

/** The secrets that a task's workflow was given: its name of each, and the run's. */
function visibleTo({ secrets }: StepTask, ofRun: readonly string[]): readonly (readonly [string, string])[] {
  return secrets === undefined ? ofRun.map((name) => [name, name] as const) : Object.entries(secrets);
}
