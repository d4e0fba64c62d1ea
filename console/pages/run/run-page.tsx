import type { VNode } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { visibleText } from '../../../schemas/plain-text.ts';
import { apiPath, ask } from '../../api/client.ts';
import type { RunDetails } from '../../api/types.ts';
import { Loading } from '../../parts/loading.tsx';
import { Problem } from '../../parts/problem.tsx';
import { useLive } from '../../state/live.ts';
import { route } from '../../state/route.ts';
import { linkTo } from '../../state/route-text.ts';
import { words } from '../../text/index.ts';
import { Approvals } from './actions/approvals.tsx';
import { CallsTab } from './calls/calls-tab.tsx';
import { FileTab } from './file/file-tab.tsx';
import { Overview } from './overview.tsx';
import { RunHead } from './run-head.tsx';
import { Selection } from './selection.ts';
import { Timeline } from './timeline/timeline.tsx';
import { Why } from './why/why.tsx';

const inProgressMs = 1000;
/** Somebody may run it again. */
const endedMs = 10_000;

/** A run as it goes on: what it is at, what it waits for, and one of its sides. */
export function RunPage({ id, side }: { readonly id: string; readonly side: string | undefined }): VNode {
  const { value, problem, refresh } = useLive(
    id,
    (run: RunDetails | undefined) => (run?.ended_at === undefined ? inProgressMs : endedMs),
    (signal) => ask<RunDetails>(apiPath`v1/workflows/${id}`, { signal }),
  );
  const run = value.value;
  // On the other sides, too, what was chosen stays so.
  const selection = useMemo(() => new Selection(), [id]);
  const name = run?.name ?? id;
  useEffect(() => {
    document.title = visibleText(`${name} · ${words.value.product}`);
  }, [name]);
  return (
    <>
      {problem.value !== undefined && <Problem problem={problem.value} again={refresh} isOver={run !== undefined} />}
      {run === undefined && problem.value === undefined && <Loading />}
      {run !== undefined && (
        <>
          <RunHead run={run} changed={refresh} />
          <Approvals run={run} changed={refresh} />
          <Why key={side === undefined ? 'jobs' : 'beside'} run={run} isBeside={side !== undefined} />
          <Sides id={id} side={side} />
          <Shown run={run} side={side} selection={selection} changed={refresh} />
        </>
      )}
    </>
  );
}

function Shown({
  run,
  side,
  selection,
  changed,
}: {
  readonly run: RunDetails;
  readonly side: string | undefined;
  readonly selection: Selection;
  readonly changed: () => void;
}): VNode {
  if (side === 'calls') return <CallsTab run={run} />;
  if (side === 'file') return <FileTab run={run.id} />;
  if (side === 'timeline') return <Timeline run={run} />;
  return <Overview run={run} selection={selection} changed={changed} />;
}

function Sides({ id, side }: { readonly id: string; readonly side: string | undefined }): VNode {
  const text = words.value.run;
  // What is selected stays so on the other side.
  const { query } = route.value;
  const kept = { job: query.get('job') ?? undefined, step: query.get('step') ?? undefined };
  const sides = [
    [undefined, text.jobs],
    ['timeline', words.value.timeline.title],
    ['calls', text.boundary],
    ['file', words.value.source.title],
  ] as const;
  return (
    <nav class="sides" aria-label={text.sides}>
      <ul>
        {sides.map(([name, label]) => (
          <li>
            <a
              href={linkTo(['runs', id, ...(name === undefined ? [] : [name])], kept)}
              aria-current={side === name ? 'page' : undefined}
            >
              {label}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
