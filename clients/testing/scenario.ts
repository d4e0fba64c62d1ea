/** The scenarios that every client has to pass: YAML files beside this folder, read as steps. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Values } from './driver.ts';

/** One thing that is done or expected. */
export interface Step {
  /** An operation, in Python's spelling, with its arguments by name. */
  readonly call?: string;
  readonly with?: Values;
  /** Whose key: `admin` by default; or a key that was kept, such as `$key`. */
  readonly as?: string;
  /** Goes on beside the following steps, under this name. */
  readonly begin?: string;
  /** So often, all at the same time. */
  readonly times?: number;
  /** A part of the result; of a list, of its first items. */
  readonly expect?: unknown;
  /** What is expected may take a moment: on Temporal, lists follow the runs. */
  readonly eventually?: boolean;
  /** A part of the error. */
  readonly error?: Values;
  /** How many items the result has. */
  readonly count?: number;
  /** Names for parts of the result: `run: id`. */
  readonly keep?: Readonly<Record<string, string>>;
  /** A call that goes on: waits for so many `items` of it, or for its end, or ends it. */
  readonly await?: string;
  readonly items?: number;
  readonly cancel?: string;
  /** The texts of its lines are `line 1`, `line 2`… up to this one, each once. */
  readonly lines?: number;
  readonly server?: 'kill' | 'start';
  /** `cut`: every connection breaks off. */
  readonly proxy?: 'lose the next answer' | 'cut';
}

/** A story that a client has to pass. */
export interface Scenario {
  readonly name: string;
  /** Takes long: part of `npm run test:clients` only. */
  readonly long?: true;
  /** Also in the short sample on Temporal. */
  readonly sample?: true;
  /** It is about what the embedded engine does by itself, such as to be the only agent. */
  readonly engine?: 'embedded';
  /** A server of its own, with this in its configuration. */
  readonly config?: Values;
  /** Clients that it is not for. */
  readonly not?: readonly string[];
  readonly steps: readonly Step[];
}

/** All scenarios, by the files that they are in. */
export function readScenarios(): readonly Scenario[] {
  const folder = join(import.meta.dirname, '..', 'scenarios');
  return readdirSync(folder)
    .sort()
    .flatMap((file) => parse(readFileSync(join(folder, file), 'utf8')) as readonly Scenario[]); // Ours; a test runs them all.
}

/** The same value with `$name` and `$name.part` as what was kept under that name. */
export function filledIn(value: unknown, kept: ReadonlyMap<string, unknown>): unknown {
  if (typeof value === 'string') {
    const [, name = '', path = ''] = /^\$([a-z_]+)((?:\.[\w-]+)*)$/u.exec(value) ?? [];
    return kept.has(name) ? partOf(kept.get(name), path.slice(1)) : value;
  }
  if (Array.isArray(value)) return value.map((each) => filledIn(each, kept));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filledIn(each, kept)]));
}

/** What lies at a path such as `jobs.build.outputs`; the whole for an empty one. */
export function partOf(value: unknown, path: string): unknown {
  if (path === '') return value;
  return path.split('.').reduce<unknown>((part, key) => {
    return typeof part === 'object' && part !== null ? (part as Values)[key] : undefined; // An object, or a list by its numbers.
  }, value);
}
