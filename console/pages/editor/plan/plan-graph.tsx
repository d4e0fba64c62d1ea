import type { VNode } from 'preact';
import { useMemo, useRef } from 'preact/hooks';
import type { Outline } from '../../../language/protocol.ts';
import { memo } from '../../../parts/memo.tsx';
import { words } from '../../../text/index.ts';
import { type Drawable, layoutOf } from '../../run/graph/layout.ts';

const nodeWidth = 180;
const nodeHeight = 52;
/** A job's id, on its way from one to another. */
const dragged = 'application/x-waterflow-job';

/** What can be done in the graph. */
interface Doing {
  readonly choose: (job: string) => void;
  /** `job` is to need the other. */
  readonly connect: (job: string, needs: string) => void;
}

/** The jobs and what each needs, as the text has them at the moment. Of a thousand, those are drawn anew that changed. */
export function PlanGraph({
  outline,
  selected,
  choose,
  connect,
}: { readonly outline: Outline; readonly selected: string | undefined } & Doing): VNode {
  const text = words.value.editor;
  const form = JSON.stringify(outline.jobs.map(({ id, needs }) => [id, needs]));
  const { width, height, nodes, edges } = useMemo(() => layoutOf(modelOf(outline)), [form]);
  const latest = useRef<Doing>({ choose, connect });
  latest.current = { choose, connect };
  const doing = useMemo<Doing>(
    () => ({
      choose: (job) => latest.current.choose(job),
      connect: (job, needs) => latest.current.connect(job, needs),
    }),
    [],
  );
  return (
    // A box that scrolls has to be reached by the keyboard.
    <div class="graph-box" role="group" aria-label={text.graph} tabIndex={0}>
      <div class="graph-whole" style={{ width: `${width}px`, height: `${height}px` }}>
        <Edges width={width} height={height} edges={edges} />
        {outline.jobs.map(({ id, fields: { name }, calls, steps }) => {
          const { left = 0, top = 0 } = nodes.get(id) ?? {};
          return (
            <Job
              key={id}
              id={id}
              title={typeof name === 'string' ? name : id}
              note={calls ?? text.steps(steps?.steps.length ?? 0)}
              left={left}
              top={top}
              isSelected={id === selected}
              doing={doing}
            />
          );
        })}
      </div>
    </div>
  );
}

const Edges = memo(function Edges({
  width,
  height,
  edges,
}: Pick<ReturnType<typeof layoutOf>, 'width' | 'height' | 'edges'>): VNode {
  return (
    <svg width={width} height={height} aria-hidden="true">
      {edges.map(({ path, kind }) => (
        <path key={path} d={path} class={kind} />
      ))}
    </svg>
  );
});

const Job = memo(function Job({
  id,
  title,
  note,
  left,
  top,
  isSelected,
  doing: { choose, connect },
}: {
  readonly id: string;
  readonly title: string;
  readonly note: string;
  readonly left: number;
  readonly top: number;
  readonly isSelected: boolean;
  readonly doing: Doing;
}): VNode {
  return (
    // Not a button: some browsers let none be dragged.
    <div
      role="button"
      tabIndex={0}
      draggable
      class={`node${isSelected ? ' selected' : ''}`}
      style={{ left: `${left}px`, top: `${top}px`, width: `${nodeWidth}px`, height: `${nodeHeight}px` }}
      title={title}
      aria-current={isSelected ? 'true' : undefined}
      onClick={() => choose(id)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        choose(id);
      }}
      onDragStart={({ dataTransfer }) => dataTransfer?.setData(dragged, id)}
      onDragOver={(event) => {
        if (event.dataTransfer?.types.includes(dragged) === true) event.preventDefault();
      }}
      onDrop={(event) => {
        event.preventDefault();
        const needs = event.dataTransfer?.getData(dragged);
        if (needs !== undefined && needs !== '' && needs !== id) connect(id, needs);
      }}
    >
      <span class="node-name">{id}</span>
      <span class="counts">{note}</span>
    </div>
  );
});

function modelOf({ jobs }: Outline): Drawable {
  const ids = new Set(jobs.map(({ id }) => id));
  return {
    nodes: jobs.map(({ id }) => ({ key: id, width: nodeWidth, height: nodeHeight })),
    edges: jobs.flatMap(({ id, needs }) =>
      needs.filter((need) => ids.has(need)).map((need) => ({ from: need, to: id, kind: 'needs' as const })),
    ),
  };
}
