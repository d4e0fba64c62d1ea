import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { memo } from '../../../parts/memo.tsx';
import { currentIn, scrollTo, useRoving } from '../../../parts/roving.ts';
import { Status } from '../../../parts/status.tsx';
import { route } from '../../../state/route.ts';
import { linkTo } from '../../../state/route-text.ts';
import { useShared } from '../../../state/sharing.ts';
import { statusWord, words } from '../../../text/index.ts';
import type { KeyedJob } from '../selection.ts';
import { layoutOf } from './layout.ts';
import { type GraphNode, graphOf } from './model.ts';
import { neighbour } from './neighbour.ts';
import { Zoom } from './zoom.tsx';

/** What needs what, as it goes on. The list of jobs beside it says the same in words. */
export function Graph({
  run,
  jobs,
  selected,
}: {
  readonly run: string;
  readonly jobs: readonly KeyedJob[];
  readonly selected: string | undefined;
}): VNode {
  const text = words.value.run;
  const model = useShared(useMemo(() => graphOf(jobs), [jobs]));
  // What a layout goes by: statuses change, and nothing moves.
  const form = useMemo(
    () => JSON.stringify([model.edges, model.nodes.map(({ key, height }) => [key, height])]),
    [model],
  );
  const { width, height, nodes, edges } = useMemo(() => layoutOf(model), [form]);
  const lines = useMemo(
    () => (
      <svg width={width} height={height} aria-hidden="true">
        {edges.map(({ path, kind }) => (
          <path key={path} d={path} class={kind} />
        ))}
      </svg>
    ),
    [edges],
  );
  const box = useRef<HTMLDivElement>(null);
  const scale = useSignal(1);
  const isHigh = useSignal(false);
  const named = route.value.query.get('job');
  // What the address names is to be seen at once; while the run goes on, the box stays where somebody moved it.
  useEffect(() => {
    const current = currentIn(box.current);
    if (box.current !== null && current !== null) scrollTo(box.current, { current });
  }, [run, named, scale.value, isHigh.value]);
  const roving = useRoving(box, (key, at, all) => {
    const placeOf = (node: HTMLElement) => ({ node, left: node.offsetLeft, top: node.offsetTop });
    const places = all.map(placeOf);
    const from = places.find(({ node }) => node === at);
    return from === undefined ? undefined : neighbour(key, from, places)?.node;
  });
  return (
    <details class="graph" open>
      <summary>{text.graph}</summary>
      <Zoom box={box} whole={{ width, height }} scale={scale} isHigh={isHigh} />
      <div
        ref={box}
        class={`graph-box${isHigh.value ? ' high' : ''}`}
        role="group"
        aria-label={text.graph}
        onKeyDown={roving.onKeyDown}
        onFocusIn={roving.onFocusIn}
      >
        <div class="graph-whole" style={{ width: `${width}px`, height: `${height}px`, zoom: scale.value }}>
          {lines}
          {model.nodes.map((node) => {
            const { left = 0, top = 0 } = nodes.get(node.key) ?? {};
            const isSelected = node.jobs.some(({ key }) => key === selected);
            return <Node key={node.key} run={run} node={node} left={left} top={top} isSelected={isSelected} />;
          })}
        </div>
      </div>
    </details>
  );
}

const Node = memo(function Node({
  run,
  node: { name, caller, jobs, rows, width, height },
  left,
  top,
  isSelected,
}: {
  readonly run: string;
  readonly node: GraphNode;
  readonly left: number;
  readonly top: number;
  readonly isSelected: boolean;
}): VNode {
  const status = statusOf(jobs);
  const target = jobs.find(({ job }) => job.status === status) ?? jobs[0];
  return (
    <a
      class={`node${isSelected ? ' selected' : ''}`}
      href={linkTo(['runs', run], { job: target?.key })}
      style={{ left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` }}
      tabIndex={-1}
      title={caller === undefined ? name : `${caller} / ${name}`}
      aria-current={isSelected ? 'true' : undefined}
    >
      <span class="node-name">{name}</span>
      {jobs.length === 1 ? <Status status={status} /> : <Cells jobs={jobs} rows={rows} />}
    </a>
  );
});

/** Each cell or host as a mark, with how many there are of each status in words; of a fleet at which wave it is, too. */
function Cells({ jobs, rows }: Pick<GraphNode, 'jobs' | 'rows'>): VNode {
  const counts = new Map<string, number>();
  for (const { job } of jobs) counts.set(job.status, (counts.get(job.status) ?? 0) + 1);
  return (
    <>
      <span class="counts">
        {[...waveWords(jobs), ...Array.from(counts, ([status, count]) => `${count} ${statusWord(status)}`)].join(', ')}
      </span>
      {rows.map((row) => (
        <span key={row[0]?.key} class="cells" aria-hidden="true">
          {row.map(({ key, job }) => (
            <span key={key} class={`cell status-${job.status}`} title={`${key}: ${statusWord(job.status)}`} />
          ))}
        </span>
      ))}
    </>
  );
}

/** The last wave of which something has begun. */
function waveWords(jobs: readonly KeyedJob[]): readonly string[] {
  const waves = jobs.reduce((most, { job }) => Math.max(most, job.wave ?? 0), 0);
  if (waves === 0) return [];
  const at = jobs.reduce((most, { job }) => (job.started_at === undefined ? most : Math.max(most, job.wave ?? 0)), 1);
  return [words.value.run.waveOf(at, waves)];
}

/** The one that says most about all of them. */
const telling = ['failure', 'blocked', 'waiting', 'running', 'paused', 'queued', 'cancelled', 'success', 'skipped'];

function statusOf(jobs: readonly KeyedJob[]): string {
  return telling.find((status) => jobs.some(({ job }) => job.status === status)) ?? jobs[0]?.job.status ?? '';
}
