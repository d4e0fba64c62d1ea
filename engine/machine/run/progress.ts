import { cellsOf, type JobNode, type RunState, type WorkflowState } from './state.ts';

/** How far a run is, as far as its own machine knows: that is told when a job ends, and not what a job that goes on waits for. */
export type RunProgress =
  | Extract<RunState, { readonly state: 'ended' }>['status']
  /** It waits for its turn in a concurrency group, or what is left of it does. */
  | 'queued'
  | 'running'
  /** For an approval, and nothing else goes on. */
  | 'waiting'
  | 'paused';

/** How far a run is. Before it has begun it is queued. */
export function runProgress(state: RunState): RunProgress {
  if (state.state === 'created') return 'queued';
  if (state.state === 'ended') return state.status;
  if (state.pause !== undefined) return 'paused';
  const { workflow } = state;
  if (workflow.group?.held === false) return 'queued';
  if (someJob(workflow, hasRunningCell)) return 'running';
  return someJob(workflow, ({ state: at }) => at === 'approving') ? 'waiting' : 'queued';
}

function hasRunningCell(node: JobNode): boolean {
  return cellsOf(node).some(({ stage }) => stage.state === 'running');
}

/** Whether that holds for a job of a workflow, or of those that it calls at the moment. */
function someJob(workflow: WorkflowState, holds: (node: JobNode) => boolean): boolean {
  return workflow.jobs.some(
    (node) =>
      holds(node) || cellsOf(node).some(({ stage }) => stage.state === 'calling' && someJob(stage.called, holds)),
  );
}
