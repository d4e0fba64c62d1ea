import type { VNode } from 'preact';
import type { RunDetails } from '../../api/types.ts';
import { ErrorBox } from '../../parts/error-box.tsx';
import { SkippedBy } from '../../parts/skip-reason.tsx';
import { Status } from '../../parts/status.tsx';
import { Values } from '../../parts/values.tsx';
import { linkTo } from '../../state/route-text.ts';
import { words } from '../../text/index.ts';
import { RerunFrom } from './actions/rerun-from.tsx';
import { LogView } from './log/log-view.tsx';
import { type KeyedJob, type KeyedStep, statusOfStep } from './selection.ts';

/** A step: how it went, what it gave, what it asked its host for, and its log. */
export function StepPanel({
  run,
  job,
  chosen: { key, step },
  changed,
}: {
  readonly run: RunDetails;
  readonly job: KeyedJob;
  readonly chosen: KeyedStep;
  readonly changed: () => void;
}): VNode {
  const text = words.value.run;
  const { name, uses, outcome, conclusion, attempts, outputs, host_calls, plugin, reused } = step;
  const calls = host_calls.allowed + host_calls.denied;
  return (
    <section class="panel-part" aria-label={text.step}>
      <div class="title">
        <h2 class="breakable">{name}</h2>
        <Status status={statusOfStep(step)} />
        <RerunFrom run={run} from={{ from: 'step', job: job.key, step: key }} changed={changed} />
      </div>
      <p class="muted breakable">
        <code>{uses}</code>
        {plugin !== undefined && (
          <>
            {' · '}
            <code title={plugin.digest}>
              {plugin.name}@{plugin.version}
            </code>
          </>
        )}
        {attempts > 1 && <> · {text.attempts(attempts)}</>}
        {outcome !== undefined && conclusion !== undefined && outcome !== conclusion && <> · {text.continued}</>}
        {reused === true && <> · {text.reused}</>}
      </p>
      {calls > 0 && (
        <p>
          <a href={linkTo(['runs', run.id, 'calls'], { job: job.key, step: key })}>
            {text.calls(host_calls.allowed, host_calls.denied)}
          </a>
        </p>
      )}
      {step.skip_reason !== undefined && <SkippedBy reason={step.skip_reason} />}
      {step.error !== undefined && <ErrorBox error={step.error} />}
      {Object.keys(outputs).length > 0 && (
        <details>
          <summary>{text.outputs}</summary>
          <Values values={outputs} />
        </details>
      )}
      {step.error?.code === 'AGENT_LOST' && <p class="muted">{text.logLost}</p>}
      {attempts > 0 && <LogView key={`${job.key}/${key}`} of={{ run: run.id, job: job.key, step: key }} />}
    </section>
  );
}
