import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { apiPath, ask } from '../../../api/client.ts';
import type { Explanation } from '../../../api/explanation.ts';
import type { RunDetails } from '../../../api/types.ts';
import { Loading } from '../../../parts/loading.tsx';
import { Problem } from '../../../parts/problem.tsx';
import { useLoaded } from '../../../state/loaded.ts';
import { words } from '../../../text/index.ts';
import { CauseBox } from './cause-box.tsx';
import { Changes, Commands, Consequences, Gaps, RetriedOnes, SkippedOnes, Waits } from './lists.tsx';

/**
 * Why a run is as it is, from what is on record: at once where it failed, and for who opens it where it goes on. Nothing is to be said
 * of one that went well.
 */
export function Why({ run }: { readonly run: RunDetails }): VNode | null {
  const { id, status, attempt } = run;
  const hasFailed = status === 'failure' || status === 'cancelled';
  const open = useSignal(hasFailed);
  const key = open.value ? `${id} ${attempt} ${status}` : undefined;
  const { value, problem, refresh } = useLoaded(key, (signal) =>
    ask<Explanation>(apiPath`v1/workflows/${id}/explanation`, { signal }),
  );
  if (status === 'success') return null;
  const text = words.value.why;
  const explanation = value.value;
  return (
    <details
      class="why"
      open={open.value}
      onToggle={({ currentTarget }) => {
        open.value = currentTarget.open;
      }}
    >
      <summary>{hasFailed ? text.failed : text.goesOn}</summary>
      {problem.value !== undefined && <Problem problem={problem.value} again={refresh} />}
      {open.value && explanation === undefined && problem.value === undefined && <Loading />}
      {explanation !== undefined && <Explained run={id} explanation={explanation} />}
    </details>
  );
}

function Explained({ run, explanation }: { readonly run: string; readonly explanation: Explanation }): VNode {
  const { answer, causes, consequences, waits, retried, skipped, since, recurrence, next, gaps } = explanation;
  return (
    <>
      <p class="breakable">{answer}</p>
      {causes.map((cause) => (
        <CauseBox key={`${cause.job} ${cause.step} ${cause.code}`} run={run} cause={cause} />
      ))}
      <Waits run={run} waits={waits} />
      <Changes since={since} recurrence={recurrence?.sentence} />
      <RetriedOnes run={run} retried={retried} />
      <Consequences run={run} consequences={consequences} />
      <SkippedOnes run={run} skipped={skipped} />
      <Gaps gaps={gaps} />
      <Commands next={next} />
    </>
  );
}
