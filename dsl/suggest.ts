import { didYouMean } from './did-you-mean.ts';
import { quote } from './quote.ts';

/** More names than this don't help in a message. */
const mostSuggestions = 12;

/** The candidate that a word most likely meant: the nearest one, else the one that it abbreviates or spells out. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  return didYouMean(word, candidates) ?? candidates.find((candidate) => abbreviates(word, candidate));
}

function abbreviates(word: string, candidate: string): boolean {
  const leastShared = 3;
  const [short, long] = word.length < candidate.length ? [word, candidate] : [candidate, word];
  return short.length >= leastShared && long.toLowerCase().startsWith(short.toLowerCase());
}

/** The remedy for a name that doesn't exist: the one that was meant, and what there is. */
export function suggest(word: string, candidates: readonly string[]): string {
  if (candidates.length === 0) return 'there is none here';
  const meant = nearest(word, candidates);
  const shown = candidates.slice(0, mostSuggestions).join(', ');
  const list = `possible here: ${candidates.length > mostSuggestions ? `${shown}, …` : shown}`;
  return meant === undefined ? list : `did you mean ${quote(meant)}? ${list}`;
}
