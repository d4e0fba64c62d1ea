import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import type { Outline, OutlinedJob, OutlinedStep } from '../../../language/protocol.ts';
import type { Json, Node } from '../../../api/types.ts';
import { words } from '../../../text/index.ts';
import type { Editor } from '../editor.ts';
import { AddStep } from './add-step.tsx';
import { Field } from './field.tsx';
import { MoveButton } from './move-button.tsx';
import { Needs } from './needs.tsx';
import type { Act } from './plan-side.tsx';
import { StepList } from './step-list.tsx';
import { useTyped } from './typed.ts';

/** A job: its id, what it needs, and its steps. */
export function JobPart({
  outline,
  job,
  step,
  editor,
  nodes,
  act,
}: {
  readonly outline: Outline;
  readonly job: OutlinedJob;
  readonly step: OutlinedStep | undefined;
  readonly editor: Editor;
  readonly nodes: readonly Node[];
  readonly act: Act;
}): VNode {
  const text = words.value.editor;
  const adding = useSignal(false);
  const { id, fields, calls, steps } = job;
  const set =
    (field: string) =>
    (value: Json | undefined): Promise<boolean> =>
      act({ kind: 'set-job-field', id, field: [field], ...(value === undefined ? {} : { value }) });
  const place = outline.jobs.indexOf(job);
  const typed = useTyped(id, async (to) => {
    await act({ kind: 'rename-job', id, to: to.trim() });
    return true;
  });
  return (
    <section class="panel-part" aria-label={text.job}>
      <div class="title">
        <h3>{text.job}</h3>
        <div class="buttons">
          <MoveButton
            label={text.up}
            isAtEnd={place === 0}
            move={() => void act({ kind: 'move-job', id, index: place - 1 })}
          />
          <MoveButton
            label={text.down}
            isAtEnd={place === outline.jobs.length - 1}
            move={() => void act({ kind: 'move-job', id, index: place + 1 })}
          />
          <button type="button" onClick={() => void act({ kind: 'delete-job', id })}>
            {text.deleteJob}
          </button>
        </div>
      </div>
      <label>
        {text.jobId}
        <input {...typed} maxLength={100} />
      </label>
      <div class="fields">
        {['name', 'if', ...(calls === undefined ? ['runs-on'] : [])].map((name) => (
          <Field key={`${id} ${name}`} field={{ name, kind: 'text' }} value={fields[name]} set={set(name)} />
        ))}
      </div>
      {outline.jobs.length > 1 && <Needs outline={outline} job={job} act={act} />}
      {steps !== undefined && (
        <>
          <div class="title">
            <h4>{text.stepsTitle}</h4>
            <div class="buttons">
              <button type="button" onClick={() => (adding.value = true)}>
                {text.addStep}
              </button>
            </div>
          </div>
          <StepList steps={steps} chosen={step} label={text.stepsTitle} choose={({ from }) => editor.goTo(from)} />
          {adding.value && (
            <AddStep
              at={
                step === undefined
                  ? { list: steps.list, index: steps.steps.length }
                  : { ...step.at, index: step.at.index + 1 }
              }
              nodes={nodes}
              act={act}
              close={() => (adding.value = false)}
            />
          )}
        </>
      )}
    </section>
  );
}
