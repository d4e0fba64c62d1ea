import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { ask } from '../../api/client.ts';
import type { RunPage } from '../../api/types.ts';
import { Loading } from '../../parts/loading.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useLive } from '../../state/live.ts';
import { route } from '../../state/route.ts';
import { useScrollKept } from '../../state/scroll.ts';
import { words } from '../../text/index.ts';
import { BulkBar } from './bulk-bar.tsx';
import { BulkProgress } from './bulk-progress.tsx';
import { FilterForm } from './filter-form.tsx';
import { apiQuery, filterOf, isFiltered, linkToRuns, type RunFilter } from './filter.ts';
import { RunList } from './run-list.tsx';

/** As long as somebody looks. */
const everyMs = 2000;
const pageSize = 50;

/** The runs, newest first, as they are at the moment. */
export function RunsPage(): VNode {
  const text = words.value.runs;
  const { query } = route.value;
  const filter = filterOf(query);
  const cursor = query.get('cursor') ?? undefined;
  const key = linkToRuns(filter, cursor);
  const { value, problem, refresh } = useLive(
    key,
    () => everyMs,
    (signal) => ask<RunPage>('v1/workflows', { query: { ...apiQuery(filter), limit: pageSize, cursor }, signal }),
  );
  useEffect(() => {
    document.title = `${text.title} · ${words.value.product}`;
  }, [text]);
  const page = value.value;
  useScrollKept(page !== undefined);
  return (
    <>
      <h1>{text.title}</h1>
      <FilterForm filter={filter} />
      {problem.value !== undefined && <Problem problem={problem.value} again={refresh} isOver={page !== undefined} />}
      <BulkProgress changed={refresh} />
      {page === undefined && problem.value === undefined && <Loading />}
      {page !== undefined && page.workflows.length === 0 && <Nothing filter={filter} />}
      {page !== undefined && page.workflows.length > 0 && (
        <>
          <BulkBar runs={page.workflows} />
          <RunList runs={page.workflows} />
        </>
      )}
      {page !== undefined && <Pages filter={filter} cursor={cursor} next={page.next_cursor} />}
      {problem.value !== undefined && page !== undefined && <p class="muted">{words.value.problem.stale}</p>}
    </>
  );
}

function Nothing({ filter }: { readonly filter: RunFilter }): VNode {
  const text = words.value.runs;
  if (isFiltered(filter)) return <p class="empty">{text.emptyFiltered}</p>;
  return (
    <section class="empty">
      <h2>{text.empty}</h2>
      <p>{text.emptyExplain}</p>
    </section>
  );
}

function Pages({
  filter,
  cursor,
  next,
}: {
  readonly filter: RunFilter;
  readonly cursor: string | undefined;
  readonly next: string | undefined;
}): VNode | null {
  const text = words.value.runs;
  if (cursor === undefined && next === undefined) return null;
  return (
    <nav class="pages" aria-label={text.pages}>
      {cursor !== undefined && <a href={linkToRuns(filter)}>{text.newest}</a>}
      {next !== undefined && <a href={linkToRuns(filter, next)}>{text.older}</a>}
    </nav>
  );
}
