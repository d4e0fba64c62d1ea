import type { VNode } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Outline } from '../../../language/protocol.ts';
import { words } from '../../../text/index.ts';
import { type Drawable, layoutOf } from '../../run/graph/layout.ts';

const nodeWidth = 180;
const nodeHeight = 52;
/** A job's id, on its way from one to another. */
const dragged = 'application/x-waterflow-job';

/** The jobs and what each needs, as the text has them at the moment. */
export function PlanGraph({
  outline,
  selected,
  choose,
  connect,
}: {
  readonly outline: Outline;
  readonly selected: string | undefined;
  readonly choose: (job: string) => void;
  /** `job` is to need the other. */
  readonly connect: (job: string, needs: string) => void;
}): VNode {
  const text = words.value.editor;
  const form = JSON.stringify(outline.jobs.map(({ id, needs }) => [id, needs]));
  const { width, height, nodes, edges } = useMemo(() => layoutOf(modelOf(outline)), [form]);
  return (
    // A box that scrolls has to be reached by the keyboard.
    <div class="graph-box" role="group" aria-label={text.graph} tabIndex={0}>
      <div class="graph-whole" style={{ width: `${width}px`, height: `${height}px` }}>
        <svg width={width} height={height} aria-hidden="true">
          {edges.map(({ path, kind }) => (
            <path key={path} d={path} class={kind} />
          ))}
        </svg>
        {outline.jobs.map(({ id, fields: { name }, calls, steps }) => {
          const { left = 0, top = 0 } = nodes.get(id) ?? {};
          return (
            // Not a button: some browsers let none be dragged.
            <div
              key={id}
              role="button"
              tabIndex={0}
              draggable
              class={`node${id === selected ? ' selected' : ''}`}
              style={{ left: `${left}px`, top: `${top}px`, width: `${nodeWidth}px`, height: `${nodeHeight}px` }}
              title={typeof name === 'string' ? name : id}
              aria-current={id === selected ? 'true' : undefined}
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
              <span class="counts">{calls ?? text.steps(steps?.steps.length ?? 0)}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

function modelOf({ jobs }: Outline): Drawable {
  const ids = new Set(jobs.map(({ id }) => id));
  return {
    nodes: jobs.map(({ id }) => ({ key: id, width: nodeWidth, height: nodeHeight })),
    edges: jobs.flatMap(({ id, needs }) =>
      needs.filter((need) => ids.has(need)).map((need) => ({ from: need, to: id, kind: 'needs' as const })),
    ),
  };
}
