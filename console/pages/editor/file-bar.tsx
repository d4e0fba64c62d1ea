import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { saveFile } from '../../parts/save-file.ts';
import { may } from '../../state/session.ts';
import { words } from '../../text/index.ts';
import { emptyDraft } from './draft.ts';
import type { Editor, Read } from './editor.ts';
import { examples } from './examples.ts';
import { RunForm } from './run-form.tsx';
import { fileBytes } from './file-text.ts';
import type { Opening } from './opening.tsx';

/** The file's name, and what can be done with the file as a whole. */
export function FileBar({ editor, opening }: { readonly editor: Editor; readonly opening: Opening }): VNode {
  const text = words.value.editor;
  const chooser = useRef<HTMLInputElement>(null);
  const running = useSignal<Read | undefined>(undefined);
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
        <button type="button" onClick={() => opening.open(emptyDraft)}>
          {text.fresh}
        </button>
        <label class="box">
          <span class="hidden">{text.example}</span>
          <select
            value=""
            onChange={({ currentTarget }) => {
              const found = examples.find(({ name }) => name === currentTarget.value);
              currentTarget.value = '';
              if (found !== undefined) opening.open(found);
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
            const file = currentTarget.files?.[0];
            if (file !== undefined) void opening.openFile(file);
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
    </>
  );
}

function save({ whole, name }: Editor): void {
  saveFile(new Blob([fileBytes({ text: whole, mark: '' })], { type: 'application/yaml' }), name.value);
}
