import type { VNode } from 'preact';
import type { RunDetails } from '../../api/types.ts';
import { Values } from '../../parts/values.tsx';
import { route } from '../../state/route.ts';
import { linkTo } from '../../state/route-text.ts';
import { useShared } from '../../state/sharing.ts';
import { words } from '../../text/index.ts';
import { Graph } from './graph/graph.tsx';
import { JobPanel } from './job-panel.tsx';
import { JobTree } from './job-tree.tsx';
import { jobsOf, type Selected, type Selection } from './selection.ts';
import { StepPanel } from './step-panel.tsx';

/** The jobs of a run as a graph and as a list, and one of them with a step and its log. */
export function Overview({
  run,
  selection,
  changed,
}: {
  readonly run: RunDetails;
  readonly selection: Selection;
  readonly changed: () => void;
}): VNode {
  const text = words.value.run;
  const jobs = useShared(jobsOf(run));
  const { query } = route.value;
  const selected = selection.of(jobs, { job: query.get('job'), step: query.get('step') });
  const { job, step } = selected;
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
          <Notes run={run.id} selected={selected} />
          {job !== undefined && <JobPanel run={run} chosen={job} changed={changed} />}
          {job !== undefined && step !== undefined && <StepPanel run={run} job={job} chosen={step} changed={changed} />}
        </div>
      </div>
    </>
  );
}

/** That what the address names isn't there, and where the run has gone on. */
function Notes({
  run,
  selected: { job, missing, ahead },
}: {
  readonly run: string;
  readonly selected: Selected;
}): VNode | null {
  const text = words.value.course;
  if (missing === undefined && ahead === undefined) return null;
  return (
    <>
      {missing !== undefined && (
        <p class="error breakable" role="status">
          {missing.job === null || missing.job === job?.key
            ? text.noStep(job?.key ?? '', missing.step ?? '')
            : text.noJob(missing.job)}
        </p>
      )}
      {ahead !== undefined && (
        <p class="breakable">
          <a href={linkTo(['runs', run], { job: ahead.job.key, step: ahead.step?.key })}>
            {ahead.step === undefined ? text.atJob(ahead.job.key) : text.atStep(ahead.step.step.name)}
          </a>
        </p>
      )}
    </>
  );
}
