import { onSignOut } from '../../state/session.ts';
import { words } from '../../text/index.ts';
import { emptyDraft, keptDraft } from './draft.ts';
import { Editor } from './editor.ts';
import { Opening } from './opening.tsx';

/** A workflow that is being written, with where it is written. */
export interface Desk {
  readonly editor: Editor;
  readonly opening: Opening;
  /** Holds the text. The page puts it in its place, and takes it out again when it is left. */
  readonly element: HTMLElement;
}

let desk: Desk | undefined;
onSignOut(() => {
  desk?.editor.close();
  desk = undefined;
});

/** The desk of this tab. It stays as it is, with what can be undone, while other pages are looked at, until somebody signs out. */
export function deskOfTab(): Desk {
  desk ??= openDesk();
  return desk;
}

function openDesk(): Desk {
  const editor = new Editor(sessionStorage);
  const opening = new Opening(editor);
  const element = document.createElement('div');
  element.className = 'code-host';
  const { code, phrases } = words.value.editor;
  editor.attach(element, keptDraft(sessionStorage) ?? emptyDraft, {
    label: code,
    phrases,
    onFile: (file) => void opening.openFile(file),
  });
  return { editor, opening, element };
}
