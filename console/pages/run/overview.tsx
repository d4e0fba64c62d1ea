import type { VNode } from 'preact';
import type { RunDetails } from '../../api/types.ts';
import { Values } from '../../parts/values.tsx';
import { route } from '../../state/route.ts';
import { useShared } from '../../state/sharing.ts';
import { words } from '../../text/index.ts';
import { Graph } from './graph/graph.tsx';
import { JobPanel } from './job-panel.tsx';
import { JobTree } from './job-tree.tsx';
import { chosenJob, chosenStep, jobsOf, stepsOf } from './selection.ts';
import { StepPanel } from './step-panel.tsx';

/** The jobs of a run as a graph and as a list, and one of them with a step and its log. */
export function Overview({ run, changed }: { readonly run: RunDetails; readonly changed: () => void }): VNode {
  const text = words.value.run;
  const jobs = useShared(jobsOf(run));
  const { query } = route.value;
  const job = chosenJob(jobs, query.get('job'));
  const steps = job === undefined ? [] : stepsOf(job.job);
  const step = chosenStep(steps, query.get('step'));
  return (
    <>
      {Object.keys(run.inputs).length > 0 && (
        <details>
          <summary>{text.inputs}</summary>
          <Values values={run.inputs} />
        </details>
      )}
      {jobs.length > 1 && <Graph run={run.id} jobs={jobs} selected={job?.key} />}
      <div class="overview">
        <JobTree run={run.id} jobs={jobs} job={job} step={step} />
        <div class="panels">
          {job !== undefined && <JobPanel run={run} chosen={job} changed={changed} />}
          {job !== undefined && step !== undefined && <StepPanel run={run} job={job} chosen={step} changed={changed} />}
        </div>
      </div>
    </>
  );
}
