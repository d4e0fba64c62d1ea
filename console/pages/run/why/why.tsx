import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { apiPath, ask } from '../../../api/client.ts';
import type { Explanation } from '../../../api/explanation.ts';
import type { RunDetails } from '../../../api/types.ts';
import { ErrorBox } from '../../../parts/error-box.tsx';
import { Loading } from '../../../parts/loading.tsx';
import { Problem } from '../../../parts/problem.tsx';
import { useLoaded } from '../../../state/loaded.ts';
import { words } from '../../../text/index.ts';
import { CauseBox } from './cause-box.tsx';
import { Changes, Commands, Consequences, Gaps, RetriedOnes, SkippedOnes, ToleratedOnes, Waits } from './lists.tsx';
import { type Oddities, odditiesOf } from './oddities.ts';

/**
 * Why a run is as it is, from what is on record: at once where it failed or is stuck, and for who opens it where it goes on, where it went
 * well but not straight on, or where somebody looks at another side of it. Nothing is to be said of one that simply went well.
 */
export function Why({ run, isBeside }: { readonly run: RunDetails; readonly isBeside: boolean }): VNode | null {
  const { id, status, attempt, error } = run;
  const isWrong = status === 'failure' || status === 'cancelled' || isStuck(run);
  const chosen = useSignal<boolean | undefined>(undefined);
  const isOpen = chosen.value ?? (isWrong && !isBeside);
  const key = isOpen ? `${id} ${attempt} ${status}` : undefined;
  const { value, problem, refresh } = useLoaded(key, (signal) =>
    ask<Explanation>(apiPath`v1/workflows/${id}/explanation`, { signal }),
  );
  const summary = summaryOf(run);
  if (summary === undefined) return null;
  const explanation = isOpen ? value.value : undefined;
  const isTold = status === 'failure' && (explanation?.causes.length ?? 0) > 0;
  return (
    <>
      {error !== undefined && !isTold && <ErrorBox error={error} />}
      <details
        class="why"
        open={isOpen}
        onToggle={({ currentTarget }) => {
          if (currentTarget.open !== isOpen) chosen.value = currentTarget.open;
        }}
      >
        <summary>{summary}</summary>
        {problem.value !== undefined && <Problem problem={problem.value} again={refresh} />}
        {isOpen && explanation === undefined && problem.value === undefined && <Loading />}
        {explanation !== undefined && <Explained run={run} explanation={explanation} />}
      </details>
    </>
  );
}

/** What goes on only if somebody does something about it, and nobody is asked to. */
function isStuck({ status, jobs }: RunDetails): boolean {
  return status === 'blocked' || Object.values(jobs).some((job) => job.agent_suspect === true);
}

function summaryOf(run: RunDetails): string | undefined {
  const text = words.value.why;
  if (run.status === 'failure' || run.status === 'cancelled') return text.failed;
  if (run.status !== 'success') return text.goesOn;
  const counted = countsOf(odditiesOf(run));
  return counted.length === 0 ? undefined : text.notStraight(counted.join(', '));
}

function countsOf({ retried, skipped, tolerated }: Oddities): readonly string[] {
  const text = words.value.why;
  return [
    ...(retried === 0 ? [] : [text.countRetried(retried)]),
    ...(skipped === 0 ? [] : [text.countSkipped(skipped)]),
    ...(tolerated === 0 ? [] : [text.countTolerated(tolerated)]),
  ];
}

function Explained({ run, explanation }: { readonly run: RunDetails; readonly explanation: Explanation }): VNode {
  const { answer, causes, consequences, waits, retried, skipped, tolerated, since, recurrence, next, gaps } =
    explanation;
  return (
    <>
      <p class="breakable" lang="en">
        {answer}
      </p>
      {causes.map((cause) => (
        <CauseBox key={`${cause.job} ${cause.step} ${cause.code}`} run={run} cause={cause} />
      ))}
      <Waits run={run} waits={waits} />
      <Changes since={since} recurrence={recurrence} />
      <RetriedOnes run={run} retried={retried} />
      {causes.length === 0 && <SkippedOnes run={run} skipped={skipped} />}
      <Consequences run={run} consequences={consequences} />
      {causes.length > 0 && <SkippedOnes run={run} skipped={skipped} />}
      <ToleratedOnes run={run} tolerated={tolerated} />
      <Gaps gaps={gaps} />
      <Commands next={next} />
    </>
  );
}
