import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete';
import type { Extension } from '@codemirror/state';
import { EditorView, hoverTooltip, type Tooltip } from '@codemirror/view';
import { visibleText } from '../../../../schemas/plain-text.ts';
import type { Asking, Questions } from '../../../language/protocol.ts';

/** Who knows what could stand at a place, and what is said of what does. */
export interface Assistant {
  readonly suggest: (asking: Asking) => Promise<Questions['suggest']['answers']>;
  readonly explain: (asking: Asking) => Promise<Questions['explain']['answers']>;
}

/** Completion, and words on what the pointer is at. */
export function assistance({ suggest, explain }: Assistant): Extension {
  const complete = async ({ state, pos, explicit }: CompletionContext): Promise<CompletionResult | null> => {
    const found = await suggest({ text: state.doc.toString(), offset: pos });
    if (found === undefined || found.options.length === 0) return null;
    const { from, options, then } = found;
    // Without a word or a dot before it nobody has asked.
    if (!explicit && from === pos && state.sliceDoc(pos - 1, pos) !== '.') return null;
    return {
      from,
      validFor: /^[\w-]*$/u,
      options: options.map(
        ({ text, detail, info }): Completion => ({
          label: text,
          displayLabel: visibleText(text),
          apply: text + then,
          ...(detail === undefined ? {} : { detail: visibleText(detail) }),
          ...(info === undefined || info === '' ? {} : { info: visibleText(info) }),
        }),
      ),
    };
  };
  return [
    autocompletion({ icons: false, override: [complete] }),
    EditorView.updateListener.of(({ view }) => makeReachable(view)),
    hoverTooltip(async (view, at): Promise<Tooltip | null> => {
      const found = await explain({ text: view.state.doc.toString(), offset: at });
      if (found === undefined || found.to > view.state.doc.length) return null;
      return { pos: found.from, end: found.to, above: true, create: () => ({ dom: wordsOf(found.title, found.info) }) };
    }),
  ];
}

/** What is suggested scrolls where it is much, and what scrolls has to be reached by keyboard; Escape leads back to the text. */
function makeReachable(view: EditorView): void {
  const list = view.dom.querySelector<HTMLElement>('.cm-tooltip-autocomplete > ul');
  if (list === null || list.tabIndex === 0) return;
  list.tabIndex = 0;
  list.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') view.focus();
  });
}

function wordsOf(title: string, info: string): HTMLElement {
  const dom = document.createElement('div');
  dom.className = 'cm-told';
  dom.lang = 'en';
  const [name, said] = [document.createElement('code'), document.createElement('p')];
  name.textContent = visibleText(title);
  said.textContent = visibleText(info);
  dom.append(name, said);
  return dom;
}
