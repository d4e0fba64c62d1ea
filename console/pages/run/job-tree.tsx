import type { VNode } from 'preact';
import { memo } from '../../parts/memo.tsx';
import { Status } from '../../parts/status.tsx';
import { linkTo } from '../../state/route-text.ts';
import { words } from '../../text/index.ts';
import { durationText } from '../../text/times.ts';
import { type KeyedJob, type KeyedStep, statusOfStep, stepsOf } from './selection.ts';

/** The jobs of a run in their order, and the steps of the one that is selected. */
export function JobTree({
  run,
  jobs,
  job,
  step,
}: {
  readonly run: string;
  readonly jobs: readonly KeyedJob[];
  readonly job: KeyedJob | undefined;
  readonly step: KeyedStep | undefined;
}): VNode {
  const text = words.value.run;
  return (
    <nav class="tree" aria-label={text.jobs}>
      <ul>
        {jobs.map((one) => {
          const chosen = one.key === job?.key;
          return <Row key={one.key} run={run} one={one} isChosen={chosen} step={chosen ? step?.key : undefined} />;
        })}
      </ul>
    </nav>
  );
}

const Row = memo(function Row({
  run,
  one,
  isChosen,
  step,
}: {
  readonly run: string;
  readonly one: KeyedJob;
  readonly isChosen: boolean;
  /** The key of the step that is selected. */
  readonly step: string | undefined;
}): VNode {
  const { key, job } = one;
  return (
    <li>
      <a
        href={linkTo(['runs', run], { job: key })}
        aria-current={isChosen ? (step === undefined ? 'page' : 'true') : undefined}
      >
        <Status status={job.status} />
        <span class="breakable">
          {nameOf(one)}
          <Attempts count={attemptsShown(one, isChosen)} />
        </span>
        {job.duration_ms !== undefined && <span class="muted">{durationText(job.duration_ms)}</span>}
      </a>
      {isChosen && <Steps run={run} job={one} step={step} />}
    </li>
  );
});

/** Attempts of a job; those of its steps, too, where they are not listed below it. */
function attemptsShown({ job }: KeyedJob, areStepsListed: boolean): number {
  const ofSteps = areStepsListed ? [] : stepsOf(job).map(({ step }) => step.attempts);
  return Math.max(job.attempts, ...ofSteps);
}

function Attempts({ count }: { readonly count: number }): VNode | null {
  return count > 1 ? <span class="muted"> · {words.value.run.attempts(count)}</span> : null;
}

/** Its key tells cells, hosts and called jobs apart; a name of its own says more to people. */
function nameOf({ key, job }: KeyedJob): string {
  return job.name === key || job.name === job.id ? key : `${job.name} (${key})`;
}

function Steps({
  run,
  job,
  step,
}: {
  readonly run: string;
  readonly job: KeyedJob;
  readonly step: string | undefined;
}): VNode | null {
  const steps = stepsOf(job.job);
  if (steps.length === 0) return null;
  return (
    <ul>
      {steps.map((one) => (
        <li key={one.key}>
          <a
            href={linkTo(['runs', run], { job: job.key, step: one.key })}
            aria-current={one.key === step ? 'page' : undefined}
          >
            <Status status={statusOfStep(one.step)} />
            <span class="breakable">
              {one.step.name}
              <Attempts count={one.step.attempts} />
            </span>
            {one.step.duration_ms !== undefined && <span class="muted">{durationText(one.step.duration_ms)}</span>}
          </a>
        </li>
      ))}
    </ul>
  );
}
