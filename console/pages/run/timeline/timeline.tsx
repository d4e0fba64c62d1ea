import type { VNode } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import type { RunDetails } from '../../../api/types.ts';
import { Loading } from '../../../parts/loading.tsx';
import { Problem } from '../../../parts/problem.tsx';
import { Status } from '../../../parts/status.tsx';
import { now } from '../../../parts/time.tsx';
import { route } from '../../../state/route.ts';
import { linkTo } from '../../../state/route-text.ts';
import { statusWord, words } from '../../../text/index.ts';
import { durationText, fullTime } from '../../../text/times.ts';
import { jobsOf, type KeyedJob, statusOfStep, stepsOf } from '../selection.ts';
import { type Bar, barsOf, type JobBars, withControlNodes } from './bars.ts';
import { EventFeed } from './event-feed.ts';

/** Of more jobs the steps are shown of the one that is selected alone. */
const mostJobsWithSteps = 20;

/** When the jobs of a run and their steps waited and ran, each attempt by itself. */
export function Timeline({ run }: { readonly run: RunDetails }): VNode {
  const text = words.value.timeline;
  const feed = useMemo(() => new EventFeed(run.id), [run.id, run.attempt]);
  useEffect(() => () => feed[Symbol.dispose](), [feed]);
  const { events, problem } = feed.state.value;
  const told = useMemo(() => barsOf(events), [events]);
  const jobs = jobsOf(run);
  const bars = new Map(jobs.map(({ key, job }) => [key, withControlNodes(told.get(key) ?? nothing, job)]));
  const selected = route.value.query.get('job');
  const first = events[0];
  if (first === undefined) return problem === undefined ? <Loading /> : <Problem problem={problem} />;
  const from = Date.parse(first.at);
  const to = run.ended_at === undefined ? now.value : Math.max(Date.parse(run.ended_at), from + 1);
  const scale: Scale = { from, to: Math.max(to, from + 1) };
  return (
    <section class="timeline" aria-label={text.title}>
      {problem !== undefined && <Problem problem={problem} />}
      <p class="muted">
        {text.whole(durationText(scale.to - scale.from))} · {text.legend}
      </p>
      <ul>
        {jobs.map((one) => (
          <li key={one.key}>
            <Row
              name={one.key}
              link={linkTo(['runs', run.id, 'timeline'], { job: one.key })}
              status={one.job.status}
              bars={bars.get(one.key)?.job ?? []}
              scale={scale}
            />
            {(jobs.length <= mostJobsWithSteps || one.key === selected) && (
              <Steps run={run.id} job={one} bars={bars.get(one.key)?.steps} scale={scale} />
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Of a job that hasn't begun. */
const nothing: JobBars = { job: [], steps: new Map() };

/** What the whole width stands for, in ms since the epoch. */
interface Scale {
  readonly from: number;
  readonly to: number;
}

function Steps({
  run,
  job: { key, job },
  bars,
  scale,
}: {
  readonly run: string;
  readonly job: KeyedJob;
  readonly bars: ReadonlyMap<string, readonly Bar[]> | undefined;
  readonly scale: Scale;
}): VNode | null {
  const steps = stepsOf(job).filter((step) => bars?.has(step.key) === true);
  if (steps.length === 0) return null;
  return (
    <ul>
      {steps.map((step) => (
        <li key={step.key}>
          <Row
            name={step.step.name}
            link={linkTo(['runs', run], { job: key, step: step.key })}
            status={statusOfStep(step.step)}
            bars={bars?.get(step.key) ?? []}
            scale={scale}
          />
        </li>
      ))}
    </ul>
  );
}

function Row({
  name,
  link,
  status,
  bars,
  scale,
}: {
  readonly name: string;
  readonly link: string;
  readonly status: string;
  readonly bars: readonly Bar[];
  readonly scale: Scale;
}): VNode {
  return (
    <div class="span">
      <a href={link} class="span-name" title={name}>
        {name}
      </a>
      <span class="span-text">
        <Status status={status} /> <span class="muted">{inWords(bars, scale)}</span>
      </span>
      <span class="track" aria-hidden="true">
        {bars.map((bar) => (
          <Mark key={`${bar.kind} ${bar.from}`} bar={bar} scale={scale} />
        ))}
      </span>
    </div>
  );
}

/** The same as the bars show. */
function inWords(bars: readonly Bar[], scale: Scale): string {
  const text = words.value.timeline;
  const sum = (kind: Bar['kind']): number =>
    bars.filter((bar) => bar.kind === kind).reduce((ms, { from, to = scale.to }) => ms + Math.max(0, to - from), 0);
  const attempts = bars.filter(({ kind }) => kind === 'run').length;
  return [
    ...(bars.some(({ kind }) => kind === 'queue') ? [text.waited(durationText(sum('queue')))] : []),
    ...(attempts > 0 ? [text.ran(durationText(sum('run')))] : []),
    ...(attempts > 1 ? [words.value.run.attempts(attempts)] : []),
  ].join(', ');
}

function Mark({ bar: { kind, from, to, status }, scale }: { readonly bar: Bar; readonly scale: Scale }): VNode {
  const whole = scale.to - scale.from;
  const end = to ?? scale.to;
  const left = ((from - scale.from) / whole) * 100;
  const width = (Math.max(0, end - from) / whole) * 100;
  const word = kind === 'queue' ? words.value.timeline.queue : statusWord(status);
  return (
    <span
      class={`mark ${kind} status-${status}`}
      style={{ left: `${left}%`, width: `${width}%` }}
      title={`${word}: ${fullTime(new Date(from).toISOString())}, ${durationText(end - from)}`}
    />
  );
}
