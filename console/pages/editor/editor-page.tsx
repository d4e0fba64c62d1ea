import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import '../../style/editor.css';
import { apiPath, ask, asProblem } from '../../api/client.ts';
import type { ApiProblem } from '../../api/problem.ts';
import type { Node, Queue, WorkflowSource } from '../../api/types.ts';
import type { Known } from '../../language/protocol.ts';
import { Problem } from '../../parts/problem.tsx';
import { route } from '../../state/route.ts';
import { linkTo } from '../../state/route-text.ts';
import { words } from '../../text/index.ts';
import { deskOfTab } from './desk.ts';
import type { Editor } from './editor.ts';
import { FileBar } from './file-bar.tsx';
import { FilesBeside } from './files-beside.tsx';
import { OpeningBox } from './opening.tsx';
import { PlanSide } from './plan/plan-side.tsx';
import { ProblemList } from './problem-list.tsx';

/** Writing a workflow: the text, what is wrong with it, and its jobs as a graph that can be edited, too. */
export function EditorPage(): VNode {
  const text = words.value.editor;
  const { editor, opening, element } = deskOfTab();
  const place = useRef<HTMLDivElement>(null);
  const known = useSignal<Known | undefined>(undefined);
  const problem = useSignal<ApiProblem | undefined>(undefined);
  const opened = useSignal<string | undefined>(undefined);
  const learn = async (): Promise<void> => {
    problem.value = undefined;
    try {
      known.value = await whatIsKnown();
      await editor.know(known.value);
    } catch (thrown) {
      problem.value = asProblem(thrown);
      // There is much that can be said without.
      await editor.readAnew();
    }
  };
  /** A copy of what a run was made of, which the address names once. */
  const openRun = async (): Promise<void> => {
    const run = route.value.query.get('run');
    if (run === null) return;
    history.replaceState(null, '', linkTo(['editor']));
    try {
      const { file, workflow, files } = await ask<WorkflowSource>(apiPath`v1/workflows/${run}/source`);
      opening.open({ name: file.replace(/^.*\//u, ''), whole: workflow, files });
    } catch (thrown) {
      problem.value = asProblem(thrown);
    }
  };
  useEffect(() => {
    place.current?.append(element);
    void learn();
    void openRun();
    return () => {
      editor.keep();
      element.remove();
    };
  }, []);
  useEffect(() => editor.speak(text.code, text.phrases), [text]);
  useEffect(() => {
    document.title = `${text.title} · ${words.value.product}`;
  }, [text]);
  return (
    <div class="editor" onKeyDown={(event) => goByKey(event, editor)}>
      <div class="title">
        <h1>{text.title}</h1>
        <FileBar editor={editor} opening={opening} />
      </div>
      <OpeningBox opening={opening} name={editor.name.value} />
      {problem.value !== undefined && <Problem problem={problem.value} again={() => void learn()} />}
      <div class="editor-parts">
        <div class="code" ref={place} />
        <PlanSide editor={editor} nodes={known.value?.nodes ?? []} />
      </div>
      <ProblemList editor={editor} openBeside={(path) => (opened.value = path)} />
      <FilesBeside editor={editor} opened={opened} />
    </div>
  );
}

async function whatIsKnown(): Promise<Known> {
  const [{ nodes }, { capabilities }, { queues }] = await Promise.all([
    ask<{ readonly nodes: readonly Node[] }>('v1/nodes'),
    ask<Pick<Known, 'capabilities'>>('v1/capabilities'),
    ask<{ readonly queues: readonly Queue[] }>('v1/queues'),
  ]);
  return { nodes, capabilities, queues: queues.map(({ name }) => name) };
}

/** F8 leads to the next problem, as in other editors, with Shift to the one before. */
function goByKey(event: KeyboardEvent, editor: Editor): void {
  if (event.key !== 'F8') return;
  event.preventDefault();
  editor.goToDiagnostic(event.shiftKey ? 'previous' : 'next');
}
