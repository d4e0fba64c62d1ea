import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { apiPath, ask, asProblem } from '../../api/client.ts';
import type { ApiProblem } from '../../api/problem.ts';
import type { Run } from '../../api/types.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { FormButtons } from '../../parts/form-buttons.tsx';
import { words } from '../../text/index.ts';

export type BulkKind = 'cancel' | 'rerun';

/** What has become of the runs so far. */
interface Progress {
  readonly done: number;
  readonly failed: readonly { readonly run: Run; readonly problem: ApiProblem }[];
}

/** So many runs are asked at a time. */
const atATime = 4;

/** Asks once more, then does it for one run after the other, and says which it was not done for, and why. */
export function BulkDialog({
  kind,
  runs,
  close,
}: {
  readonly kind: BulkKind;
  readonly runs: readonly Run[];
  readonly close: () => void;
}): VNode {
  const text = words.value.runs;
  const reason = useSignal('');
  const from = useSignal('all');
  const progress = useSignal<Progress | undefined>(undefined);
  const begin = async (event: Event): Promise<void> => {
    event.preventDefault();
    progress.value = { done: 0, failed: [] };
    const body = kind === 'cancel' ? reasonOf(reason.value) : { from: from.value };
    const waiting = [...runs];
    const work = async (): Promise<void> => {
      for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
        const problem = await operate(run, kind, body);
        const { done, failed } = progress.value ?? { done: 0, failed: [] };
        progress.value =
          problem === undefined ? { done: done + 1, failed } : { done, failed: [...failed, { run, problem }] };
      }
    };
    await Promise.all(Array.from({ length: atATime }, work));
  };
  return (
    <Dialog title={kind === 'cancel' ? text.cancelTitle(runs.length) : text.rerunTitle(runs.length)} close={close}>
      {progress.value === undefined ? (
        <form onSubmit={(event) => void begin(event)}>
          <p>{kind === 'cancel' ? text.cancelExplain : text.rerunExplain}</p>
          {kind === 'cancel' ? (
            <label>
              {words.value.common.reason} ({words.value.common.optional})
              <input
                value={reason.value}
                maxLength={1000}
                onInput={({ currentTarget }) => (reason.value = currentTarget.value)}
              />
            </label>
          ) : (
            <fieldset>
              <legend class="hidden">{text.rerunTitle(runs.length)}</legend>
              {(['all', 'failed'] as const).map((one) => (
                <label class="box">
                  <input type="radio" name="from" checked={from.value === one} onChange={() => (from.value = one)} />
                  {one === 'all' ? text.rerunAll : text.rerunFailed}
                </label>
              ))}
            </fieldset>
          )}
          <FormButtons submit={words.value.common.yes} close={close} />
        </form>
      ) : (
        <Result progress={progress.value} total={runs.length} close={close} />
      )}
    </Dialog>
  );
}

function Result({
  progress: { done, failed },
  total,
  close,
}: {
  readonly progress: Progress;
  readonly total: number;
  readonly close: () => void;
}): VNode {
  const text = words.value.runs;
  return (
    <>
      <progress value={done + failed.length} max={total} aria-label={text.done(done)} />
      <p role="status">{text.done(done)}</p>
      {failed.length > 0 && (
        <>
          <p class="error">{text.failed(failed.length)}</p>
          <ul>
            {failed.map(({ run, problem }) => (
              <li class="breakable">
                {run.name}: {problem.message} {problem.remedy}
              </li>
            ))}
          </ul>
        </>
      )}
      <div class="buttons">
        <button type="button" onClick={close}>
          {words.value.common.close}
        </button>
      </div>
    </>
  );
}

function reasonOf(text: string): { readonly reason?: string } {
  return text.trim() === '' ? {} : { reason: text.trim() };
}

/** What keeps it from being done; undefined: it is. */
async function operate(run: Run, kind: BulkKind, body: object): Promise<ApiProblem | undefined> {
  try {
    await ask<unknown>(`${apiPath`v1/workflows/${run.id}`}/${kind}`, { method: 'POST', body });
    return undefined;
  } catch (thrown) {
    return asProblem(thrown);
  }
}
