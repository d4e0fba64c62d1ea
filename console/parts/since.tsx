import type { VNode } from 'preact';
import { words } from '../text/index.ts';
import { Time } from './time.tsx';

/** Since when something waits, and when it gives up, behind what it is. */
export function Since({
  since,
  until,
}: {
  readonly since: string | undefined;
  readonly until: string | undefined;
}): VNode {
  const text = words.value.why;
  return (
    <>
      {since !== undefined && (
        <>
          {' · '}
          {text.waitsSince} <Time at={since} full />
        </>
      )}
      {until !== undefined && (
        <>
          {' · '}
          {text.waitsUntil} <Time at={until} full />
        </>
      )}
    </>
  );
}
