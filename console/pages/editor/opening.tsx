import { type ReadonlySignal, signal } from '@preact/signals';
import type { VNode } from 'preact';
import { Dialog } from '../../parts/dialog.tsx';
import { words } from '../../text/index.ts';
import { type Draft, emptyDraft } from './draft.ts';
import type { Editor } from './editor.ts';
import { examples } from './examples.ts';
import { largestFileBytes, readFileText } from './file-text.ts';

/** Opens workflows in the place of the one that is there; what somebody wrote isn't thrown away unasked. */
export class Opening {
  readonly #editor: Editor;
  readonly #asked = signal<Draft | undefined>(undefined);
  readonly #refused = signal<string | undefined>(undefined);

  constructor(editor: Editor) {
    this.#editor = editor;
  }

  /** What is to be opened once that is confirmed. */
  get asked(): ReadonlySignal<Draft | undefined> {
    return this.#asked;
  }

  /** The name of a file that can't be opened. */
  get refused(): ReadonlySignal<string | undefined> {
    return this.#refused;
  }

  open(draft: Draft): void {
    this.#refused.value = undefined;
    if (isWorthKeeping(this.#editor)) this.#asked.value = draft;
    else this.#editor.open(draft);
  }

  async openFile(file: File): Promise<void> {
    const bytes = file.size > largestFileBytes ? undefined : new Uint8Array(await file.arrayBuffer());
    const found = bytes === undefined ? undefined : readFileText(bytes);
    if (found === undefined) this.#refused.value = file.name;
    else this.open({ name: file.name, whole: found.mark + found.text });
  }

  confirm(): void {
    const draft = this.#asked.value;
    this.#asked.value = undefined;
    if (draft !== undefined) this.#editor.open(draft);
  }

  cancel(): void {
    this.#asked.value = undefined;
  }
}

function isWorthKeeping({ whole, files }: Editor): boolean {
  if (Object.keys(files.value).length > 0) return true;
  return whole !== emptyDraft.whole && examples.every((example) => example.whole !== whole);
}

/** Asks whether what is there may go, and says what can't be opened. */
export function OpeningBox({ opening, name }: { readonly opening: Opening; readonly name: string }): VNode {
  const text = words.value.editor;
  return (
    <>
      {opening.refused.value !== undefined && (
        <p class="error" role="alert">
          {text.notText(opening.refused.value)}
        </p>
      )}
      {opening.asked.value !== undefined && (
        <Dialog title={text.discard} close={() => opening.cancel()}>
          <p>{text.discardExplain(name)}</p>
          <div class="buttons">
            <button type="button" onClick={() => opening.cancel()}>
              {words.value.common.cancel}
            </button>
            <button type="button" class="primary" onClick={() => opening.confirm()}>
              {words.value.common.yes}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
