import type { LineIndex } from '../source/lines.ts';
import type { EventInputs } from './event-inputs.ts';

/** Where something stands in the file: the keys and indexes that lead to it. */
export type Path = readonly (string | number)[];

/**
 * What became of something of the imported file: `changed` is written in another way, `dropped` is left out and not missed, `todo` is
 * left out, or left as it was, and needs hands.
 */
export type ImportOutcome = 'changed' | 'dropped' | 'todo';

/** One line of the list of what is not the same any more. Lines and columns are 1-based. */
export interface ImportEntry {
  readonly outcome: ImportOutcome;
  /** As `jobs.build.steps[1].uses`. */
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** What to do; empty where there is nothing to do. */
  readonly remedy: string;
}

/** A place in the imported file; `offset` is where it begins in the text. */
export interface ImportPlace {
  readonly path: Path;
  readonly offset: number;
}

/** What is said of a place. */
export interface Remark {
  readonly outcome: ImportOutcome;
  readonly message: string;
  readonly remedy?: string;
}

/** Collects what an import changes, drops and leaves to do, and which inputs that asks for. */
export class ImportRecord {
  readonly eventInputs: EventInputs;
  readonly #lines: LineIndex;
  readonly #entries: ImportEntry[] = [];

  constructor(lines: LineIndex, eventInputs: EventInputs) {
    this.eventInputs = eventInputs;
    this.#lines = lines;
  }

  /** Adds a line to the list. */
  add({ path, offset }: ImportPlace, { remedy = '', ...remark }: Remark): void {
    this.#entries.push({ ...remark, remedy, path: pathText(path), ...this.#lines.position(offset) });
  }

  /** All of it, in the order of the file. */
  entries(): readonly ImportEntry[] {
    return this.#entries.toSorted((left, right) => left.line - right.line || left.column - right.column);
  }
}

/** A path as people write it. */
export function pathText(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      if (!/^[\w-]+$/.test(part)) return `[${JSON.stringify(part)}]`;
      return index === 0 ? part : `.${part}`;
    })
    .join('');
}
