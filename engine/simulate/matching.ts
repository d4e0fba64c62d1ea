import type { JobPart, Script, ScriptEntry, ScriptedResult, StepPart, Target } from './api.ts';

/** A place of a run that a script may speak of: a job's key, and of a step its key. */
export interface Place {
  readonly job: string;
  readonly step?: string;
}

type Kind = ScriptEntry['kind'];
type EntryOf<Wanted extends Kind> = Extract<ScriptEntry, { readonly kind: Wanted }>;

/** Finds what a script says about the places of a run, and knows which of its entries nothing has met yet. */
export class Matcher {
  readonly #entries: readonly ScriptEntry[];
  readonly #met = new Set<ScriptEntry>();
  /** How many attempts of a place have had a result of an entry with several. */
  readonly #attempts = new Map<string, number>();

  constructor(script: Script) {
    this.#entries = script.entries;
  }

  /** Entries as written that nothing has met. */
  get unused(): readonly string[] {
    return this.#entries.filter((entry) => !this.#met.has(entry)).map(({ written }) => written);
  }

  /** The results that the script has for exactly this place. Whoever uses one says so. */
  resultsFor(place: Place): EntryOf<'result'> | undefined {
    return this.#entries.findLast(
      (entry): entry is EntryOf<'result'> => entry.kind === 'result' && means(entry.target, place),
    );
  }

  /** The result of the next attempt of a place. */
  take(entry: EntryOf<'result'>, place: Place): ScriptedResult & { readonly last: boolean } {
    this.#met.add(entry);
    const { results } = entry;
    const key = JSON.stringify([entry.written, place.job, place.step]);
    // What is always the same needs no counting: a loop may have any number of steps.
    const counts = results.length > 1 || results[0].result === 'push-back';
    const before = counts ? (this.#attempts.get(key) ?? 0) : 0;
    if (counts) this.#attempts.set(key, before + 1);
    return { ...(results[before] ?? results.at(-1) ?? results[0]), last: before >= results.length };
  }

  /** The value that the script gives a place, such as a payload. */
  valueFor<Wanted extends 'payload' | 'takes'>(kind: Wanted, place: Place): EntryOf<Wanted> | undefined {
    const found = this.#entries.findLast((entry) => entry.kind === kind && means(entry.target, place));
    if (found !== undefined) this.#met.add(found);
    // Its kind was compared.
    return found as EntryOf<Wanted> | undefined;
  }

  /** The outputs that the script gives a step, by their names. */
  outputsFor(place: Place): Readonly<Record<string, EntryOf<'output'>['value']>> {
    const found = this.#entries.filter(
      (entry): entry is EntryOf<'output'> => entry.kind === 'output' && means(entry.target, place),
    );
    for (const entry of found) this.#met.add(entry);
    return Object.fromEntries(found.map(({ name, value }) => [name, value]));
  }
}

/** True where a target means a place: the same levels, and where the target tells a cell, host or iteration, that one. */
function means({ job, step }: Target, place: Place): boolean {
  return meansJob(job, place.job) && meansStep(step, place.step);
}

function meansJob(parts: readonly JobPart[], key: string): boolean {
  // The machine keeps ` / ` out of the names of cells and hosts.
  const levels = key.split(' / ');
  return (
    levels.length === parts.length &&
    parts.every(({ id, mark }, index) => {
      const level = levels[index] ?? '';
      return mark === undefined ? level === id || level.startsWith(`${id} `) : level === `${id} ${mark}`;
    })
  );
}

function meansStep(parts: readonly StepPart[] | undefined, key: string | undefined): boolean {
  if (parts === undefined || key === undefined) return parts === undefined && key === undefined;
  const levels = key.split('.');
  return (
    levels.length === parts.length &&
    parts.every(({ key: own, iteration }, index) => {
      const match = /^(.*?)(?:\[(\d+)\])?$/.exec(levels[index] ?? '');
      const [, name = '', number] = match ?? [];
      return name.toLowerCase() === own.toLowerCase() && (iteration === undefined || Number(number) === iteration);
    })
  );
}
