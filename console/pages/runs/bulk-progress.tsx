import { signal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { asProblem } from '../../api/client.ts';
import type { Run } from '../../api/types.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { onSignOut } from '../../state/session.ts';
import { words } from '../../text/index.ts';
import { BulkWork, type Progress } from './bulk-work.ts';
import { deselect } from './selected.ts';

export type BulkKind = 'cancel' | 'rerun';

/** What is being done, or was, and isn't read yet. It goes on while other pages are looked at. */
const begun = signal<{ readonly kind: BulkKind; readonly work: BulkWork } | undefined>(undefined);
const isShown = signal(false);
onSignOut(() => {
  begun.value?.work.stop();
  begun.value = undefined;
});

/** Begins with it, and shows how far it is. What it is done for is selected no longer. */
export function beginBulk(kind: BulkKind, runs: readonly Run[], operate: (id: string) => Promise<unknown>): void {
  begun.value?.work.stop();
  const work = new BulkWork(runs, {
    operate: ({ id }) =>
      operate(id).catch((thrown: unknown) => {
        throw asProblem(thrown);
      }),
    wait,
    done: ({ id }) => deselect([id]),
  });
  begun.value = { kind, work };
  isShown.value = true;
  void work.run();
}

/** How far it is, in a dialog, or in a line where somebody closed that before it was over. */
export function BulkProgress({ changed }: { readonly changed: () => void }): VNode | null {
  const { kind, work } = begun.value ?? {};
  const isOver = work?.progress.value.state === 'over';
  useEffect(() => {
    if (isOver) changed();
  }, [isOver]);
  if (kind === undefined || work === undefined) return null;
  const text = words.value.course;
  const progress = work.progress.value;
  const title = text.bulkTitle[kind];
  const close = (): void => {
    isShown.value = false;
    if (isOver) begun.value = undefined;
  };
  if (!isShown.value) {
    return (
      <p class="bulk">
        <span>
          {title}: {text.bulkOf(progress.done + progress.failed.length, work.total)}
        </span>
        <button type="button" onClick={() => (isShown.value = true)}>
          {text.bulkShow}
        </button>
      </p>
    );
  }
  return (
    <Dialog title={title} close={close}>
      <Result progress={progress} total={work.total} />
      <div class="buttons">
        {!isOver && (
          <button type="button" disabled={progress.state === 'stopping'} onClick={() => work.stop()}>
            {text.bulkStop}
          </button>
        )}
        <button type="button" onClick={close}>
          {isOver ? words.value.common.close : text.bulkHide}
        </button>
      </div>
    </Dialog>
  );
}

function Result({
  progress: { done, failed, left, state },
  total,
}: {
  readonly progress: Progress;
  readonly total: number;
}): VNode {
  const text = words.value.runs;
  const { course } = words.value;
  return (
    <>
      <progress value={done + failed.length} max={total} aria-label={text.done(done)} />
      <p role="status">
        {text.done(done)} {state === 'waiting' && course.bulkWaits}{' '}
        {state === 'over' && left > 0 && course.bulkLeft(left)}
      </p>
      {failed.length > 0 && (
        <>
          <p class="error">{text.failed(failed.length)}</p>
          <ul>
            {failed.map(({ run, problem }) => (
              <li class="breakable" key={run.id}>
                {run.name}: {problem.message} {problem.remedy}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

async function wait(ms: number, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    stop.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
