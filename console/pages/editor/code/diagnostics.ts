import {
  type EditorState,
  type Extension,
  RangeSet,
  StateEffect,
  type StateEffectType,
  StateField,
  type Text,
} from '@codemirror/state';
import { Decoration, EditorView, GutterMarker, gutter, hoverTooltip } from '@codemirror/view';
import { visibleText } from '../../../../schemas/plain-text.ts';
import type { Diagnostic, TextPlace } from '../../../../schemas/index.ts';

/** A diagnostic where it stands, as the text is now. */
export interface ShownDiagnostic {
  readonly diagnostic: Diagnostic;
  readonly from: number;
  readonly to: number;
}

/** What the text, as it is, is found to be wrong. */
export const showDiagnostics: StateEffectType<readonly Diagnostic[]> = StateEffect.define();

const field: StateField<readonly ShownDiagnostic[]> = StateField.define({
  create: (): readonly ShownDiagnostic[] => [],
  update(shown, { changes, effects, state }) {
    const effect = effects.findLast((one) => one.is(showDiagnostics));
    if (effect !== undefined) return effect.value.map((diagnostic) => placed(diagnostic, state.doc));
    if (changes.empty) return shown;
    // Until the text is read again, each stays with what it is about.
    return shown.map(({ diagnostic, from, to }) => ({
      diagnostic,
      from: changes.mapPos(from, 1),
      to: Math.max(changes.mapPos(from, 1), changes.mapPos(to, -1)),
    }));
  },
  provide: (one) => [
    EditorView.decorations.from(one, (shown) =>
      Decoration.set(
        shown.flatMap(({ diagnostic, from, to }) =>
          from === to ? [] : [(diagnostic.severity === 'error' ? mistake : doubt).range(from, to)],
        ),
        true,
      ),
    ),
  ],
});

const mistake = Decoration.mark({ class: 'cm-mistake' });
const doubt = Decoration.mark({ class: 'cm-doubt' });

/** The diagnostics that the editor shows. */
export function diagnosticsOf(state: EditorState): readonly ShownDiagnostic[] {
  return state.field(field);
}

/** Offset of a place; one that isn't there becomes the nearest that is. */
export function offsetOf(doc: Text, { line, column }: TextPlace): number {
  const found = doc.line(Math.min(Math.max(line, 1), doc.lines));
  return Math.min(found.from + Math.max(column - 1, 0), found.to);
}

function placed(diagnostic: Diagnostic, doc: Text): ShownDiagnostic {
  const { line = 1, column = 1, end_line = line, end_column = column + 1 } = diagnostic;
  const from = offsetOf(doc, { line, column });
  return { diagnostic, from, to: Math.max(from, offsetOf(doc, { line: end_line, column: end_column })) };
}

/** A sign beside a line, whose form tells a mistake from a doubt. */
class Sign extends GutterMarker {
  readonly #severity: Diagnostic['severity'];

  constructor(severity: Diagnostic['severity']) {
    super();
    this.#severity = severity;
  }

  override toDOM(): Node {
    const sign = document.createElement('span');
    sign.className = this.#severity === 'error' ? 'cm-gutter-mistake' : 'cm-gutter-doubt';
    sign.textContent = this.#severity === 'error' ? '●' : '▲';
    return sign;
  }
}

const signs = { error: new Sign('error'), warning: new Sign('warning') };

const signGutter = gutter({
  class: 'cm-gutter-diagnostics',
  markers(view) {
    const worst = new Map<number, Diagnostic['severity']>();
    for (const { diagnostic, from } of diagnosticsOf(view.state)) {
      const line = view.state.doc.lineAt(from).from;
      if (worst.get(line) !== 'error') worst.set(line, diagnostic.severity);
    }
    return RangeSet.of(
      Array.from(worst, ([line, severity]) => signs[severity].range(line)),
      true,
    );
  },
});

/** What is wrong with what the pointer is at. The list of problems says the same to who uses none. */
const told = hoverTooltip((view, at) => {
  const found = diagnosticsOf(view.state).filter(({ from, to }) => from <= at && at <= to);
  const [first] = found;
  if (first === undefined) return null;
  return {
    pos: first.from,
    end: first.to,
    above: true,
    create: () => {
      const dom = document.createElement('div');
      dom.className = 'cm-told';
      dom.lang = 'en';
      dom.append(...found.flatMap(({ diagnostic }) => wordsOf(diagnostic)));
      return { dom };
    },
  };
});

function wordsOf({ code, message, remedy }: Diagnostic): readonly HTMLElement[] {
  const [said, todo] = [document.createElement('p'), document.createElement('p')];
  const name = document.createElement('code');
  name.textContent = visibleText(code);
  said.append(name, visibleText(` ${message}`));
  todo.textContent = visibleText(remedy);
  return remedy === '' ? [said] : [said, todo];
}

/** Marks, signs and words for what is wrong. */
export const diagnosticsShown: Extension = [field, signGutter, told];
