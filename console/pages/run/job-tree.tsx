import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { memo } from '../../parts/memo.tsx';
import { currentIn, placeInColumn, scrollTo, useRoving } from '../../parts/roving.ts';
import { Status } from '../../parts/status.tsx';
import { route } from '../../state/route.ts';
import { linkTo } from '../../state/route-text.ts';
import { statusWord, words } from '../../text/index.ts';
import { durationText } from '../../text/times.ts';
import { type KeyedJob, type KeyedStep, statusOfStep, stepsOf } from './selection.ts';

/** Of more than these some can be looked for. */
const mostUnsearched = 20;

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
  const list = useRef<HTMLElement>(null);
  const search = useSignal('');
  const wanted = search.value.trim().toLowerCase();
  const shown = wanted === '' ? jobs : jobs.filter((one) => isLike(one, wanted));
  const { query } = route.value;
  // What the address names is to be seen at once; while the run goes on, the list stays where somebody moved it.
  useEffect(() => {
    const current = currentIn(list.current);
    if (list.current !== null && current !== null) scrollTo(list.current, { current });
  }, [run, query.get('job'), query.get('step')]);
  const roving = useRoving(list, placeInColumn);
  return (
    <div class="tree-side">
      {jobs.length > mostUnsearched && (
        <div class="tree-search">
          <input
            type="search"
            aria-label={text.searchJobs}
            placeholder={text.searchJobs}
            value={search.value}
            onInput={({ currentTarget }) => (search.value = currentTarget.value)}
          />
          <span class="muted" role="status">
            {wanted !== '' && text.jobsFound(shown.length, jobs.length)}
          </span>
        </div>
      )}
      <nav ref={list} class="tree" aria-label={text.jobs} onKeyDown={roving.onKeyDown} onFocusIn={roving.onFocusIn}>
        <ul>
          {shown.map((one) => {
            const chosen = one.key === job?.key;
            return <Row key={one.key} run={run} one={one} isChosen={chosen} step={chosen ? step?.key : undefined} />;
          })}
        </ul>
      </nav>
    </div>
  );
}

/** By what it is called, and by what it is at. */
function isLike(one: KeyedJob, wanted: string): boolean {
  return `${nameOf(one)} ${statusWord(one.job.status)}`.toLowerCase().includes(wanted);
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
        tabIndex={-1}
        title={nameOf(one)}
        aria-current={isChosen ? (step === undefined ? 'page' : 'true') : undefined}
      >
        <Status status={job.status} />
        <span class="names">
          <Name one={one} />
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

/** What tells a cell or host from the others on a line of its own: names are long, and cut where a line ends. */
function Name({ one }: { readonly one: KeyedJob }): VNode {
  const { key, job } = one;
  const begin = key.lastIndexOf(`${job.id} (`);
  if (begin === -1) return <span class="breakable">{nameOf(one)}</span>;
  const cell = key.slice(begin + job.id.length + 1);
  const called = key.slice(0, begin + job.id.length);
  return (
    <>
      <span class="cell-name breakable">{cell}</span>
      <span class="muted breakable">
        {job.name === key || job.name === job.id ? called : `${job.name} (${called})`}
      </span>
    </>
  );
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
            tabIndex={-1}
            title={one.step.name}
            aria-current={one.key === step ? 'page' : undefined}
          >
            <Status status={statusOfStep(one.step)} />
            <span class="names">
              <span class="breakable">{one.step.name}</span>
              <Attempts count={one.step.attempts} />
            </span>
            {one.step.duration_ms !== undefined && <span class="muted">{durationText(one.step.duration_ms)}</span>}
          </a>
        </li>
      ))}
    </ul>
  );
}
