import type { VNode } from 'preact';
import type { RunDetails, RunJob } from '../../api/types.ts';
import { ErrorBox } from '../../parts/error-box.tsx';
import { SkippedBy } from '../../parts/skip-reason.tsx';
import { Status } from '../../parts/status.tsx';
import { Values } from '../../parts/values.tsx';
import { words } from '../../text/index.ts';
import { RerunFrom } from './actions/rerun-from.tsx';
import type { KeyedJob } from './selection.ts';

/** A job: what it is at and why, where it runs, what it gave. */
export function JobPanel({
  run,
  chosen: { key, job },
  changed,
}: {
  readonly run: RunDetails;
  readonly chosen: KeyedJob;
  readonly changed: () => void;
}): VNode {
  const text = words.value.run;
  const { name, status, waits_for, reason, attempts, agent, agent_suspect, wave, environment, outputs, reused } = job;
  return (
    <section class="panel-part" aria-label={text.job}>
      <div class="title">
        <h2 class="breakable">{name}</h2>
        <Status status={status} />
        <RerunFrom run={run} from={{ from: 'job', job: key }} changed={changed} />
      </div>
      <p class="muted breakable">
        <code>{key}</code>
        {attempts > 1 && <> · {text.attempts(attempts)}</>}
        {agent !== undefined && <> · {text.onAgent(agent)}</>}
        {wave !== undefined && <> · {text.wave(wave)}</>}
        {environment !== undefined && <> · {text.inEnvironment(environment.name)}</>}
        {reused === true && <> · {text.reused}</>}
      </p>
      {waits_for !== undefined && <p>{text.waitsFor[waits_for] ?? waits_for}</p>}
      {reason !== undefined && (
        <p class="breakable" lang="en">
          {reason}
        </p>
      )}
      {agent_suspect === true && <p class="error">{text.agentSuspect}</p>}
      {job.skip_reason !== undefined && <SkippedBy reason={job.skip_reason} />}
      {job.error !== undefined && !isOfStep(job) && <ErrorBox error={job.error} />}
      {Object.keys(outputs).length > 0 && (
        <>
          <h3>{text.outputs}</h3>
          <Values values={outputs} />
        </>
      )}
    </section>
  );
}

/** A job mostly fails by a step of it, which tells the same. */
function isOfStep({ error, steps }: RunJob): boolean {
  return Object.values(steps).some(
    ({ error: of }) => of !== undefined && of.code === error?.code && of.message === error.message,
  );
}
