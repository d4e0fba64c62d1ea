import { freeName } from './inputs.ts';

/** Room for the longest path that people write, within what a name may have. */
const longestName = 80;

/**
 * What the workflow reads of the `github` context and a run here doesn't know: each property becomes an input, which whoever starts
 * the run may give.
 */
export class EventInputs {
  readonly #taken: Set<string>;
  readonly #names = new Map<string, string>();

  /** `taken`: the names of the workflow's own inputs, in lower case. */
  constructor(taken: ReadonlySet<string>) {
    this.#taken = new Set(taken);
  }

  /** The input for `event.issue.number`; letter case doesn't tell properties apart. */
  nameFor(path: readonly string[]): string {
    const property = path.join('.').toLowerCase();
    const known = this.#names.get(property);
    if (known !== undefined) return known;
    const wanted = `github_${property.replaceAll(/[^a-z0-9_]/g, '_')}`.slice(0, longestName);
    const name = freeName(this.#taken, wanted);
    this.#taken.add(name);
    this.#names.set(property, name);
    return name;
  }

  /** The inputs, each with the property that it stands for, in the order in which they were met. */
  entries(): readonly { readonly name: string; readonly property: string }[] {
    return Array.from(this.#names, ([property, name]) => ({ name, property }));
  }
}
