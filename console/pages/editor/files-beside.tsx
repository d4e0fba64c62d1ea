import { type Signal, useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useRef } from 'preact/hooks';
import { Dialog } from '../../parts/dialog.tsx';
import { FormButtons } from '../../parts/form-buttons.tsx';
import { words } from '../../text/index.ts';
import type { Editor } from './editor.ts';
import { largestFileBytes, readFileText } from './file-text.ts';

/** The workflows beside the one that is written, which it may call: they are handed in with it. */
export function FilesBeside({
  editor,
  opened,
}: {
  readonly editor: Editor;
  /** The path of the one that is being written; empty: of a new one. */
  readonly opened: Signal<string | undefined>;
}): VNode {
  const text = words.value.editor;
  const chooser = useRef<HTMLInputElement>(null);
  const refused = useSignal<readonly string[]>([]);
  const paths = Object.keys(editor.files.value);
  const take = async (files: readonly File[]): Promise<void> => {
    const read = await Promise.all(files.map(async (file) => [file.name, await textOf(file)] as const));
    refused.value = read.flatMap(([name, whole]) => (whole === undefined ? [name] : []));
    const taken = read.flatMap(([name, whole]) => (whole === undefined ? [] : [[name, whole] as const]));
    editor.putBeside({ ...editor.files.value, ...Object.fromEntries(taken) });
  };
  return (
    <section class="problems" aria-label={text.beside}>
      <div class="title">
        <h2>{text.beside}</h2>
        <div class="buttons">
          <button type="button" onClick={() => chooser.current?.click()}>
            {text.addBeside}
          </button>
          <button type="button" onClick={() => (opened.value = '')}>
            {text.writeBeside}
          </button>
        </div>
      </div>
      <input
        ref={chooser}
        type="file"
        accept=".yml,.yaml"
        multiple
        hidden
        onChange={({ currentTarget }) => {
          void take([...(currentTarget.files ?? [])]);
          currentTarget.value = '';
        }}
      />
      {refused.value.map((name) => (
        <p key={name} class="error" role="alert">
          {text.notText(name)}
        </p>
      ))}
      {paths.length === 0 && <p class="muted">{text.besideExplain}</p>}
      {paths.length > 0 && (
        <ul>
          {paths.map((path) => (
            <li key={path}>
              <button type="button" class="place" onClick={() => (opened.value = path)}>
                <code class="breakable">{path}</code>
              </button>
            </li>
          ))}
        </ul>
      )}
      {opened.value !== undefined && (
        <FileForm key={opened.value} editor={editor} path={opened.value} close={() => (opened.value = undefined)} />
      )}
    </section>
  );
}

/** A file, to be written, named, or taken away. */
function FileForm({
  editor,
  path,
  close,
}: {
  readonly editor: Editor;
  readonly path: string;
  readonly close: () => void;
}): VNode {
  const text = words.value.editor;
  const name = useSignal(path);
  const whole = useSignal(editor.files.value[path] ?? '');
  const others = Object.fromEntries(Object.entries(editor.files.value).filter(([other]) => other !== path));
  const put = (files: typeof others): void => {
    editor.putBeside(files);
    close();
  };
  return (
    <Dialog title={path === '' ? text.writeBeside : path} close={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          put({ ...others, [name.value]: whole.value });
        }}
      >
        <label>
          {text.besidePath}
          <input
            value={name.value}
            required
            maxLength={200}
            placeholder="other.yml"
            onInput={({ currentTarget }) => (name.value = currentTarget.value)}
          />
        </label>
        <label>
          {text.besideText}
          <textarea
            rows={16}
            spellcheck={false}
            value={whole.value}
            onInput={({ currentTarget }) => (whole.value = currentTarget.value)}
          />
        </label>
        {Object.hasOwn(editor.files.value, path) && (
          <p>
            <button type="button" onClick={() => put(others)}>
              {text.removeBeside}
            </button>
          </p>
        )}
        <FormButtons submit={text.keepBeside} close={close} />
      </form>
    </Dialog>
  );
}

async function textOf(file: File): Promise<string | undefined> {
  if (file.size > largestFileBytes) return undefined;
  const found = readFileText(new Uint8Array(await file.arrayBuffer()));
  return found === undefined ? undefined : found.mark + found.text;
}
