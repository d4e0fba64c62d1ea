import type { CallNote } from './note-calls.ts';
import type { NamedTest } from './run-tests.ts';

/** What was taken away, and the test that failed. */
export interface Noticed {
  readonly what: string;
  readonly test: NamedTest;
}

/** What is known before it is taken away. */
export interface Hints {
  readonly what: string;
  readonly noticed: readonly Noticed[];
  readonly notes: readonly CallNote[];
}

/** So many of each kind are tried before all tests: more would take as long as they save. */
const most = 2;

/**
 * The tests that are likely to notice that `what` is missing: the first that makes a call which would be refused; or else those that noticed
 * the same of another entry (`exec[0].env[5]` for `exec[3].env[5]`), and those that noticed another part of the same one, of each the latest.
 */
export function likelyTests({ what, noticed, notes }: Hints): readonly NamedTest[] {
  const refused = notes.filter((note) => note.what === what && note.how === 'refused').map(({ test }) => test);
  // The quickest: it was the first to make the call.
  if (refused.length > 0) return refused.slice(0, 1);
  const latest = noticed.toReversed();
  const parts = partsOf(what);
  const best = (likeness: (other: readonly string[]) => number): readonly NamedTest[] =>
    distinct(
      latest
        .map(({ what: other, test }) => ({ test, like: likeness(partsOf(other)) }))
        .filter(({ like }) => like > 0)
        .toSorted((one, other) => other.like - one.like)
        .map(({ test }) => test),
    ).slice(0, most);
  return distinct([
    // Without the capability and the number of the entry.
    ...best((other) => common(parts.slice(2).toReversed(), other.slice(2).toReversed())),
    ...best((other) => common(parts, other)),
  ]);
}

function partsOf(what: string): readonly string[] {
  return what.split(/[.[\]]+/u).filter((part) => part !== '');
}

/** How many they begin with alike. */
function common(one: readonly string[], other: readonly string[]): number {
  const first = one.findIndex((part, index) => part !== other[index]);
  return first === -1 ? one.length : first;
}

function distinct(tests: readonly NamedTest[]): readonly NamedTest[] {
  return [...new Map(tests.map((test) => [JSON.stringify([test.file, test.name]), test])).values()];
}
