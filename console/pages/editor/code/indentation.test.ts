import { insertNewlineAndIndent } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { indentUnit } from '@codemirror/language';
import { EditorState, type Transaction } from '@codemirror/state';
import { describe, expect, it } from 'vitest';
import { openKeyIndentation } from './indentation.ts';

/** The column at which one writes on, after Enter at the end of a text. */
function columnAfter(text: string): number {
  const extensions = [openKeyIndentation, indentUnit.of('  '), yaml()];
  let state = EditorState.create({ doc: text, extensions, selection: { anchor: text.length } });
  insertNewlineAndIndent({ state, dispatch: (change: Transaction) => (state = change.state) });
  return state.sliceDoc(text.length).replace('\n', '').length;
}

describe('a new line', () => {
  it.each([
    ['jobs:', 2],
    ['jobs:\n  a:\n    steps: # in order', 6],
    ['jobs:\n  a:\n    steps:\n      - uses: http@v1\n        with:', 10],
    ['jobs:\n  a:\n    steps:\n      - run: |', 10],
    ['jobs:\n  a:\n    steps:\n    - env:', 8],
    ['jobs:\n  "a b":', 4],
  ])('is within what the key before it opens: %j', (text, column) => {
    expect(columnAfter(text)).toBe(column);
  });

  it.each([
    ['jobs:\n  a:\n    steps:\n      - uses: http@v1', 8],
    ['jobs:\n  a:\n    name: b', 4],
    ['name: "a:"', 0],
    ['# jobs:', 0],
  ])('is beside what is whole: %j', (text, column) => {
    expect(columnAfter(text)).toBe(column);
  });
});
