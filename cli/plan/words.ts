import { formatDuration } from '../report/text.ts';
import type { ConcurrencyOutline, ConditionOutline, RetryOutline, Shown } from './api.ts';
import { toTextOrJson } from './known.ts';

/** Longer values are cut, such as a list of ten thousand items; the JSON has all of them. */
const longestShown = 120;

function cut(text: string): string {
  return text.length <= longestShown ? text : `${text.slice(0, longestShown - 1)}…`;
}

/** Names of a list that are shown; the JSON has all. */
const mostListed = 8;

/** A value in words: as it will be, or with `?` and what decides it. */
export function known(shown: Shown): string {
  if ('value' in shown) return cut(toTextOrJson(shown.value));
  if ('error' in shown) return `${cut(shown.source)} (fails: ${shown.error})`;
  return `${cut(shown.text)} (${decided(shown.decided_by)})`;
}

/** The same where there is no room. */
export function short(shown: Shown): string {
  if ('value' in shown) return toTextOrJson(shown.value);
  return 'error' in shown ? shown.source : shown.text;
}

/** ``decided when job `build` has ended``, or by what else. */
export function decided(by: readonly string[]): string {
  const jobs = by.every((one) => one.startsWith('job ') || one.startsWith('step '));
  const words = by.join(', ');
  return jobs ? `decided when ${words} ${by.length === 1 ? 'has' : 'have'} ended` : `decided by ${words}`;
}

/** A condition with what it comes to, where that is known. */
export function conditionWords({ source, value }: ConditionOutline): string {
  return value === undefined ? `if ${source}` : `if ${source} (${value ? 'true' : 'false: skipped'})`;
}

/** `retry:` in words. */
export function retryWords({ attempts, on, initial_interval_ms }: RetryOutline): string {
  return `up to ${known(attempts)} attempts after ${on.join(', ')}, the second ${formatDuration(initial_interval_ms)} later`;
}

/** Names, not too many of them. */
export function listed(names: readonly string[]): string {
  if (names.length <= mostListed) return names.join(', ');
  return `${names.slice(0, mostListed).join(', ')} and ${names.length - mostListed} more`;
}

/** A concurrency group in words. */
export function concurrencyWords({ group, cancel_in_progress }: ConcurrencyOutline): string {
  return `group ${known(group)}, ${cancelWords(cancel_in_progress)}`;
}

function cancelWords(cancel: Shown): string {
  if ('value' in cancel) return cancel.value === true ? 'ends the one that runs' : 'the others wait';
  return `ends the one that runs if ${known(cancel)}`;
}
