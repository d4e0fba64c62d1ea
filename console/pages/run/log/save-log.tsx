import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { apiPath, asProblem, send } from '../../../api/client.ts';
import type { ApiProblem } from '../../../api/problem.ts';
import { Problem } from '../../../parts/problem.tsx';
import { saveFile } from '../../../parts/save-file.ts';
import { words } from '../../../text/index.ts';
import type { LogOf } from './log-window.ts';

/** Saves the whole log as it is by now, as text. The browser keeps it beside its memory while it comes, so it may be long. */
export function SaveLog({ of }: { readonly of: LogOf }): VNode {
  const text = words.value.course;
  const problem = useSignal<ApiProblem | undefined>(undefined);
  const over = useRef<AbortController | undefined>(undefined);
  const isComing = useSignal(false);
  useEffect(() => () => over.current?.abort(), []);
  const save = async (): Promise<void> => {
    const asking = new AbortController();
    over.current = asking;
    isComing.value = true;
    problem.value = undefined;
    try {
      const query = { job: of.job, step: of.step, format: 'text', follow: false };
      const path = apiPath`v1/workflows/${of.run}/logs`;
      const response = await send(path, { accept: 'text/plain', query, signal: asking.signal });
      saveFile(await response.blob(), nameOf(of));
    } catch (thrown) {
      if (!asking.signal.aborted) problem.value = asProblem(thrown);
    } finally {
      isComing.value = false;
    }
  };
  return (
    <>
      <button type="button" disabled={isComing.value} onClick={() => void save()}>
        {isComing.value ? text.logComes : text.saveLog}
      </button>
      {problem.value !== undefined && <Problem problem={problem.value} again={() => void save()} />}
    </>
  );
}

/** Keys of cells and hosts have what no name of a file may have. */
function nameOf({ run, job, step }: LogOf): string {
  return `${[run, job, step].map((part) => part.replaceAll(/[^\w.-]+/gu, '-')).join('_')}.log`;
}
