import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import type { Refusal, WorkflowEdit } from '../../../language/protocol.ts';
import type { Node } from '../../../api/types.ts';
import { words } from '../../../text/index.ts';
import type { Editor } from '../editor.ts';
import { AddJob } from './add-job.tsx';
import { jobAt, stepAt } from './choice.ts';
import { JobPart } from './job-part.tsx';
import { JobNames } from './needs.tsx';
import { PlanGraph } from './plan-graph.tsx';
import { RefusalBox } from './refusal-box.tsx';
import { StepPart } from './step-part.tsx';

/** Carries out an edit and shows why it isn't, where it isn't; true: it is done. */
export type Act = (edit: WorkflowEdit) => Promise<boolean>;

/** The jobs as a graph, and the one at the cursor with its steps, to be edited without writing YAML. */
export function PlanSide({ editor, nodes }: { readonly editor: Editor; readonly nodes: readonly Node[] }): VNode {
  const text = words.value.editor;
  const refused = useSignal<Refusal | undefined>(undefined);
  const adding = useSignal(false);
  const outline = editor.outline.value;
  // While half a line is written the text can't be read: what there was is shown, and can't be changed.
  const isPast = editor.read.value?.outline === undefined;
  const cursor = editor.cursor.value;
  const act: Act = async (edit) => {
    try {
      refused.value = await editor.edit(edit);
      return refused.value === undefined;
    } catch (thrown) {
      editor.failed(thrown);
      return false;
    }
  };
  if (outline === undefined || outline.jobs.length === 0) {
    return (
      <section class="plan" aria-label={text.plan}>
        {editor.read.value !== undefined && <p class="muted">{text.noPlan}</p>}
        {outline !== undefined && !isPast && (
          <div class="buttons">
            <button type="button" onClick={() => (adding.value = true)}>
              {text.addJob}
            </button>
          </div>
        )}
        {refused.value !== undefined && (
          <RefusalBox refusal={refused.value} close={() => (refused.value = undefined)} />
        )}
        {outline !== undefined && adding.value && (
          <AddJob outline={outline} after={undefined} act={act} close={() => (adding.value = false)} />
        )}
      </section>
    );
  }
  const job = jobAt(outline, cursor);
  const step = stepAt(job?.steps, cursor);
  const goToJob = (id: string): void => {
    refused.value = undefined;
    editor.goTo(outline.jobs.find((one) => one.id === id)?.from ?? 0);
  };
  return (
    <section class="plan" aria-label={text.plan}>
      <p class="muted" role="status">
        {isPast ? text.planPast : ''}
      </p>
      <div class={isPast ? 'plan-parts past' : 'plan-parts'} inert={isPast}>
        <div class="title">
          <h2>{text.plan}</h2>
          <div class="buttons">
            <button type="button" onClick={() => editor.undo()}>
              {text.undo}
            </button>
            <button type="button" onClick={() => editor.redo()}>
              {text.redo}
            </button>
            <button type="button" onClick={() => (adding.value = true)}>
              {text.addJob}
            </button>
          </div>
        </div>
        <PlanGraph
          outline={outline}
          selected={job?.id}
          choose={goToJob}
          connect={(id, needs) => void act({ kind: 'connect', job: id, needs })}
        />
        {refused.value !== undefined && (
          <RefusalBox refusal={refused.value} close={() => (refused.value = undefined)} />
        )}
        <JobNames outline={outline} />
        {/* The same one for every job: for a moment after an edit the cursor is in another, and the focus is to stay. */}
        {job !== undefined && (
          <JobPart outline={outline} job={job} step={step} editor={editor} nodes={nodes} act={act} />
        )}
        {step !== undefined && <StepPart outline={outline} step={step} nodes={nodes} act={act} />}
      </div>
      {adding.value && <AddJob outline={outline} after={job?.id} act={act} close={() => (adding.value = false)} />}
    </section>
  );
}
