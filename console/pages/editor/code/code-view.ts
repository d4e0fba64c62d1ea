import { completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, isolateHistory, redo, undo } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from '@codemirror/language';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { Compartment, EditorState, type Extension, Text } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { unseen, visibleText } from '../../../../schemas/plain-text.ts';
import type { TextChange } from '../../../language/protocol.ts';
import type { Diagnostic, TextPlace } from '../../../../schemas/index.ts';
import type { FileText } from '../file-text.ts';
import { expressionMarks } from './expressions.ts';
import { type Assistant, assistance } from './assistance.ts';
import { openKeyIndentation } from './indentation.ts';
import { diagnosticsOf, diagnosticsShown, offsetOf, showDiagnostics } from './diagnostics.ts';
import { codeHighlighting, codeTheme } from './theme.ts';

/** What the editor tells, and what it is told. */
export interface CodeViewOptions {
  readonly file: FileText;
  /** What screen readers call it. */
  readonly label: string;
  /** Called after each change of the text. */
  readonly onText: () => void;
  /** Called when the cursor is elsewhere. */
  readonly onCursor: (offset: number) => void;
  /** Phrases in the reader's language, by the English ones of the library. */
  readonly phrases: Readonly<Record<string, string>>;
  readonly assistant: Assistant;
  /** Called with a file that is dropped on it. */
  readonly onFile: (file: File) => void;
}

/** A text in an editor. Offsets count each line break as one. */
export interface CodeView {
  /** With LF at the ends of lines. */
  readonly text: string;
  /** As it is in a file. */
  readonly whole: string;
  readonly cursor: number;
  /** Another file; the history begins anew. */
  open(file: FileText): void;
  /** Carries out changes as one, to be undone as one, and goes to where they begin. */
  change(changes: readonly TextChange[]): void;
  show(diagnostics: readonly Diagnostic[]): void;
  /** The diagnostics where they stand now. */
  shown(): readonly { readonly diagnostic: Diagnostic; readonly from: number; readonly to: number }[];
  goTo(offset: number): void;
  /** Puts the cursor there, and leaves the focus where it is. */
  select(offset: number): void;
  /** Takes the last change back; false where there is none. */
  undo(): boolean;
  redo(): boolean;
  /** Has its texts in another language. */
  speak(label: string, phrases: CodeViewOptions['phrases']): void;
  close(): void;
  /** Of a place; one that isn't there becomes the nearest that is. */
  offset(place: TextPlace): number;
}

/**
 * Opens an editor in an element. It stands in a shadow tree: there its styles are adopted style sheets, which the page's policy takes, where
 * in the document they would be `<style>` elements, which it refuses.
 */
export function openCodeView(host: HTMLElement, options: CodeViewOptions): CodeView {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const place = document.createElement('div');
  place.style.height = '100%';
  root.append(place);
  let { mark } = options.file;
  const spoken = new Compartment();
  let speech = speechOf(options);
  const stateOf = (file: FileText): EditorState =>
    EditorState.create({
      doc: Text.of(file.text.split(file.lineBreak)),
      extensions: [EditorState.lineSeparator.of(file.lineBreak), spoken.of(speech), extensionsOf(options)],
    });
  const view = new EditorView({ state: stateOf(options.file), parent: place, root });
  const select = (offset: number): void => {
    const anchor = Math.min(offset, view.state.doc.length);
    view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) });
  };
  return {
    get text() {
      return view.state.doc.toString();
    },
    get whole() {
      return mark + view.state.sliceDoc();
    },
    get cursor() {
      return view.state.selection.main.head;
    },
    open(file) {
      ({ mark } = file);
      view.setState(stateOf(file));
    },
    change(changes) {
      const [first] = changes;
      if (first === undefined) return;
      view.dispatch({
        changes: changes.map(({ from, to, insert }) => ({ from, to, insert: Text.of(insert.split('\n')) })),
        annotations: isolateHistory.of('full'),
        userEvent: 'input',
        effects: EditorView.scrollIntoView(first.from, { y: 'center' }),
      });
    },
    show: (diagnostics) => view.dispatch({ effects: showDiagnostics.of(diagnostics) }),
    shown: () => diagnosticsOf(view.state),
    goTo(offset) {
      select(offset);
      view.focus();
    },
    select,
    offset: (at) => offsetOf(view.state.doc, at),
    undo: () => undo(view),
    redo: () => redo(view),
    speak(label, phrases) {
      speech = speechOf({ label, phrases });
      view.dispatch({ effects: spoken.reconfigure(speech) });
    },
    close() {
      view.destroy();
      place.remove();
    },
  };
}

/** What it says. */
function speechOf({ label, phrases }: Pick<CodeViewOptions, 'label' | 'phrases'>): Extension {
  return [EditorState.phrases.of(phrases), EditorView.contentAttributes.of({ 'aria-label': label })];
}

/** Two columns, as the examples have it. Tab isn't taken: it leads on, as everywhere. */
function extensionsOf({ onText, onCursor, assistant, onFile }: CodeViewOptions): Extension {
  return [
    EditorView.contentAttributes.of({ 'aria-multiline': 'true', tabindex: '0' }),
    // As the file has them, whatever is pasted.
    EditorView.clipboardInputFilter.of((pasted, state) => pasted.replaceAll(/\r?\n/gu, state.lineBreak)),
    lineNumbers(),
    foldGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    openKeyIndentation,
    indentUnit.of('  '),
    bracketMatching(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    highlightSpecialChars({ specialChars: unseen, render: unseenShown }),
    search({ top: true }),
    assistance(assistant),
    keymap.of([...completionKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...foldKeymap]),
    yaml(),
    syntaxHighlighting(codeHighlighting),
    expressionMarks,
    diagnosticsShown,
    codeTheme,
    EditorView.domEventHandlers({
      drop(event) {
        const file = event.dataTransfer?.files[0];
        if (file === undefined) return false;
        // It is opened, not put in.
        event.preventDefault();
        onFile(file);
        return true;
      },
    }),
    EditorView.updateListener.of(({ docChanged, selectionSet, state }) => {
      if (docChanged) onText();
      if (docChanged || selectionSet) onCursor(state.selection.main.head);
    }),
  ];
}

/** A character that would show nothing or reorder the text, as the rest of the console writes it. The text keeps it. */
function unseenShown(code: number, description: string | null): HTMLElement {
  const shown = document.createElement('span');
  shown.className = 'cm-specialChar';
  shown.textContent = visibleText(String.fromCodePoint(code));
  shown.title = description ?? '';
  return shown;
}
