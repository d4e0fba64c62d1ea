import type { ComponentChildren, VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Live } from '../state/live.ts';
import { words } from '../text/index.ts';
import { Loading } from './loading.tsx';
import { Problem } from './problem.tsx';

/** A page that lists things of one kind as they are at the moment. */
export function Listing<T>({
  title,
  empty,
  live,
  items,
  children,
  after,
}: {
  readonly title: string;
  /** Said where there are none. */
  readonly empty: string;
  readonly live: Live<T>;
  readonly items: (value: T) => readonly ListingItem[];
  readonly children?: ComponentChildren;
  readonly after?: (value: T) => ComponentChildren;
}): VNode {
  const value = live.value.value;
  const problem = live.problem.value;
  const rows = value === undefined ? [] : items(value);
  useEffect(() => {
    document.title = `${title} · ${words.value.product}`;
  }, [title]);
  return (
    <>
      <h1>{title}</h1>
      {children}
      {problem !== undefined && <Problem problem={problem} again={live.refresh} isOver={value !== undefined} />}
      {value === undefined && problem === undefined && <Loading />}
      {value !== undefined && rows.length === 0 && <p class="empty">{empty}</p>}
      {rows.length > 0 && (
        <ul class="listing" aria-label={title}>
          {rows.map(({ key, content }) => (
            <li key={key}>{content}</li>
          ))}
        </ul>
      )}
      {value !== undefined && after?.(value)}
    </>
  );
}

export interface ListingItem {
  readonly key: string;
  readonly content: ComponentChildren;
}
