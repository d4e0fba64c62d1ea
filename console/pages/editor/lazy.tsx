import { useSignal } from '@preact/signals';
import type { ComponentType, VNode } from 'preact';
import { useEffect } from 'preact/hooks';
import { ApiProblem } from '../../api/problem.ts';
import { Loading } from '../../parts/loading.tsx';
import { Problem } from '../../parts/problem.tsx';
import { words } from '../../text/index.ts';

/** The editor, which is loaded when somebody opens it: it is larger than all the rest. */
export function LazyEditor(): VNode {
  const page = useSignal<ComponentType | undefined>(undefined);
  const failed = useSignal<ApiProblem | undefined>(undefined);
  const load = async (): Promise<void> => {
    failed.value = undefined;
    try {
      const { EditorPage } = await import('./editor-page.tsx');
      page.value = EditorPage;
    } catch (thrown) {
      // The server was updated meanwhile, or doesn't answer.
      const remedy = words.value.editor.reload;
      failed.value = new ApiProblem(0, { code: 'NO_ANSWER', message: String(thrown), remedy });
    }
  };
  useEffect(() => void load(), []);
  const Page = page.value;
  if (Page !== undefined) return <Page />;
  return failed.value === undefined ? <Loading /> : <Problem problem={failed.value} again={() => void load()} />;
}
