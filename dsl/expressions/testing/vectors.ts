import type { JsonObject } from '../../../schemas/index.ts';
import type { ToolAnswer } from '../tools.ts';

/** An expression and what must come of it. */
export interface Vector {
  readonly section: string;
  /** Why it must. */
  readonly rule: string;
  readonly expr: string;
  readonly contexts: JsonObject;
  readonly expected: Expected;
}

/** As the tools answer, but for the words of an error. */
export type Expected =
  | Extract<ToolAnswer, { readonly result: unknown }>
  | { readonly error: { readonly kind: string; readonly column: number } };

/** What the rules leave open. */
export interface UndecidedCase {
  readonly expr: string;
  readonly contexts?: JsonObject;
  readonly reason: string;
}

/** A file of vectors. `contexts` of a group are those of its vectors that have none. */
interface VectorFile {
  readonly section: string;
  readonly groups: readonly {
    readonly rule: string;
    readonly contexts?: JsonObject;
    readonly vectors: readonly ({ readonly expr: string; readonly contexts?: JsonObject } & Expected)[];
  }[];
}

/** For tests: the vectors of a file, from its text. */
export function vectorsIn(text: string): readonly Vector[] {
  // Files of our own, in this form.
  const { section, groups } = JSON.parse(text) as VectorFile;
  return groups.flatMap(({ rule, contexts: shared = {}, vectors }) =>
    vectors.map(({ expr, contexts = shared, ...expected }) => ({ section, rule, expr, contexts, expected })),
  );
}

/** For tests: the cases that the rules leave open, from their file's text. */
export function undecidedIn(text: string): readonly UndecidedCase[] {
  // A file of our own, in this form.
  return JSON.parse(text) as readonly UndecidedCase[];
}

/** The one file beside those of vectors. */
export const undecidedFile = 'undecided.json';

/** For tests: an answer without its message. */
export function withoutMessage(answer: ToolAnswer): Expected {
  if ('result' in answer) return answer;
  const { kind, column } = answer.error;
  return { error: { kind, column } };
}
