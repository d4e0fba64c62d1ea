import { type ReadonlySignal, signal } from '@preact/signals';
import type { VNode } from 'preact';
import { fullTime, relativeTime } from '../text/times.ts';

const ticking = signal(Date.now());
setInterval(() => (ticking.value = Date.now()), 1000);

/** The time now, to the second, for what is shown as it passes. */
export const now: ReadonlySignal<number> = ticking;

/** A time as how long ago it was, with the whole of it for who points at it, or beside it where `full` says so. */
export function Time({ at, full = false }: { readonly at: string; readonly full?: boolean }): VNode {
  return (
    <time dateTime={at} title={fullTime(at)}>
      {relativeTime(at, now.value)}
      {full && ` (${fullTime(at)})`}
    </time>
  );
}
