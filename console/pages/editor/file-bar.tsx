import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { Dialog } from '../../parts/dialog.tsx';
import { may } from '../../state/session.ts';
import { words } from '../../text/index.ts';
import { type Draft, emptyDraft } from './draft.ts';
import type { Editor, Read } from './editor.ts';
import { examples } from './examples.ts';
import { RunForm } from './run-form.tsx';
import { fileBytes, largestFileBytes, readFileText } from './file-text.ts';

/** The file's name, and what can be done with the file as a whole. */
export function FileBar({ editor }: { readonly editor: Editor }): VNode {
  const text = words.value.editor;
  const chooser = useRef<HTMLInputElement>(null);
  const wrong = useSignal<string | undefined>(undefined);
  const running = useSignal<Read | undefined>(undefined);
  const instead = useSignal<Draft | undefined>(undefined);
  const open = (draft: Draft): void => {
    // What somebody wrote isn't thrown away unasked.
    if (isWorthKeeping(editor)) instead.value = draft;
    else editor.open(draft);
  };
  const read = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return;
    const found = file.size > largestFileBytes ? undefined : readFileText(new Uint8Array(await file.arrayBuffer()));
    wrong.value = found === undefined ? text.notText(file.name) : undefined;
    if (found !== undefined) open({ name: file.name, whole: found.mark + found.text });
  };
  return (
    <>
      <label class="box">
        {text.file}
        <input
          value={editor.name.value}
          maxLength={200}
          onInput={({ currentTarget }) => editor.rename(currentTarget.value)}
        />
      </label>
      <div class="buttons">
        <button type="button" onClick={() => open(emptyDraft)}>
          {text.fresh}
        </button>
        <label class="box">
          <span class="hidden">{text.example}</span>
          <select
            value=""
            onChange={({ currentTarget }) => {
              const found = examples.find(({ name }) => name === currentTarget.value);
              currentTarget.value = '';
              if (found !== undefined) open(found);
            }}
          >
            <option value="">{text.example}</option>
            {examples.map(({ name }) => (
              <option value={name}>{name}</option>
            ))}
          </select>
        </label>
        <button type="button" onClick={() => chooser.current?.click()}>
          {text.open}
        </button>
        <input
          ref={chooser}
          type="file"
          accept=".yml,.yaml"
          hidden
          onChange={({ currentTarget }) => {
            void read(currentTarget.files?.[0]);
            currentTarget.value = '';
          }}
        />
        <button type="button" onClick={() => save(editor)}>
          {text.save}
        </button>
        {may('runs:submit') && (
          <button
            type="button"
            class="primary"
            disabled={editor.read.value?.plan === undefined}
            title={editor.read.value?.plan === undefined ? text.notYet : undefined}
            onClick={() => (running.value = editor.read.value)}
          >
            {text.run}
          </button>
        )}
      </div>
      {running.value !== undefined && (
        <RunForm editor={editor} read={running.value} close={() => (running.value = undefined)} />
      )}
      {wrong.value !== undefined && (
        <p class="error" role="alert">
          {wrong.value}
        </p>
      )}
      {instead.value !== undefined && (
        <Dialog title={text.discard} close={() => (instead.value = undefined)}>
          <p>{text.discardExplain(editor.name.value)}</p>
          <div class="buttons">
            <button type="button" onClick={() => (instead.value = undefined)}>
              {words.value.common.cancel}
            </button>
            <button
              type="button"
              class="primary"
              onClick={() => {
                if (instead.value !== undefined) editor.open(instead.value);
                instead.value = undefined;
              }}
            >
              {words.value.common.yes}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

function isWorthKeeping({ whole }: Editor): boolean {
  return whole !== emptyDraft.whole && examples.every((example) => example.whole !== whole);
}

/** Hands the file to the browser, to be saved as it saves files. */
function save(editor: Editor): void {
  const { whole } = editor;
  const address = URL.createObjectURL(new Blob([fileBytes({ text: whole, mark: '' })], { type: 'application/yaml' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = editor.name.value;
  link.click();
  URL.revokeObjectURL(address);
}
