import { didYouMean } from './did-you-mean.ts';
import { quote } from './quote.ts';

/** More names than this don't help in a message. */
export const mostSuggestions = 12;
/** Each guess compares all names: among more than these, a file of nothing but slips would take the square of its length. */
export const mostGuessedAmong = 64;

/** The candidate that a word most likely meant: the nearest one, else the one that it abbreviates or spells out. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const few = candidates.slice(0, mostGuessedAmong);
  return didYouMean(word, few) ?? few.find((candidate) => abbreviates(word, candidate));
}

/** `dir` for `directory`, `matrix-dimension` for `matrix`; `cmd` for `command`, whose letters are all there in their order. */
function abbreviates(word: string, candidate: string): boolean {
  const leastShared = 3;
  const [short, long] = word.length < candidate.length ? [word, candidate] : [candidate, word];
  if (short.length < leastShared) return false;
  return long.toLowerCase().startsWith(short.toLowerCase()) || (short === word && leavesOut(word, candidate));
}

/** True where the word is the candidate without some of its letters, but with its first and last. */
function leavesOut(word: string, candidate: string): boolean {
  const short = word.toLowerCase();
  const long = candidate.toLowerCase();
  if (short.charAt(0) !== long.charAt(0) || !long.endsWith(short.slice(-1))) return false;
  let found = 0;
  for (const letter of long) if (letter === short.charAt(found)) found += 1;
  return found === short.length;
}

/** The remedy for a name that doesn't exist: the one that was meant, and what there is. */
export function suggest(word: string, candidates: readonly string[]): string {
  if (candidates.length === 0) return 'There is none here.';
  const meant = nearest(word, candidates);
  const shown = candidates.slice(0, mostSuggestions).join(', ');
  const list = `Possible here: ${candidates.length > mostSuggestions ? `${shown}, …` : shown}.`;
  return meant === undefined ? list : `Did you mean ${quote(meant)}? ${list}`;
}

/** The candidate that a word can only have meant, for a fix: a slip of the finger, and of no second one as likely. */
export function soleGuess(word: string, candidates: readonly string[]): string | undefined {
  if (candidates.length > mostGuessedAmong) return undefined;
  // In another letter case, or with the other separator, it isn't even a guess.
  const same = candidates.filter((candidate) => normal(candidate) === normal(word));
  if (same.length > 0) return same.length === 1 && same[0] !== word ? same[0] : undefined;
  const meant = didYouMean(word, candidates);
  if (meant === undefined) return undefined;
  const second = didYouMean(
    word,
    candidates.filter((candidate) => candidate !== meant),
  );
  // Of two that are equally near the first is taken, so that only a nearer one wins from behind.
  return second === undefined || didYouMean(word, [second, meant]) === meant ? meant : undefined;
}

function normal(word: string): string {
  return word.toLowerCase().replaceAll(/[_-]/g, '');
}

/** The fields of a finding about a name that doesn't exist: its remedy, and the word that was meant where that is plain. */
export function suggestion(
  word: string,
  candidates: readonly string[],
): { readonly remedy: string; readonly meant?: string } {
  const meant = soleGuess(word, candidates);
  return { remedy: suggest(word, candidates), ...(meant === undefined ? {} : { meant }) };
}

/** The same for a key: one that is given already wasn't meant, or there would be two of it. */
export function suggestKey(
  key: string,
  { names, given }: { readonly names: readonly string[]; readonly given: readonly { readonly key: string }[] },
): { readonly remedy: string; readonly meant?: string } {
  const free = names.filter((name) => !given.some((entry) => entry.key === name));
  return { ...suggestion(key, free), remedy: suggest(key, names) };
}
