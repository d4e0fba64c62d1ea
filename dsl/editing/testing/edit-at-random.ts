import {
  type Check,
  type Edited,
  applyChanges,
  editWorkflow,
  invertChanges,
  outlineOf,
  type TextChange,
} from '../index.ts';
import { commentsOf } from '../reading.ts';
import { numbersFrom, randomEdit } from './random-edit.ts';

/** What became of a text by edits as they come, and what is wrong with that; nothing where all is well. */
export interface Edits {
  readonly made: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
}

/** How many edits are made, of how many tries: most are refused for a mistake that they would make. */
export interface Amount {
  readonly edits: number;
  readonly tries: number;
  readonly seed: number;
}

/** Edits a valid text, looks at it after each edit, and takes all of them back. */
export function editAtRandom(first: string, check: Check, { edits, tries, seed }: Amount): Edits {
  const number = numbersFrom(seed);
  const wrong: string[] = [];
  const refused: Record<string, number> = {};
  const past: { readonly text: string; readonly undo: readonly TextChange[] }[] = [];
  let text = first;
  for (let count = 0; count < tries && past.length < edits; count += 1) {
    const outline = outlineOf(text);
    if (outline === undefined)
      return { made: past.length, refused, wrong: [...wrong, `nothing can be made out:\n${text}`] };
    const edit = randomEdit(outline, number);
    const edited: Edited = editWorkflow(text, edit, check);
    if ('refused' in edited) {
      refused[edited.refused.why] = (refused[edited.refused.why] ?? 0) + 1;
      continue;
    }
    const after = applyChanges(text, edited.changes);
    const mistakes = check(after).filter(({ severity }) => severity === 'error');
    if (mistakes.length > 0) wrong.push(`${JSON.stringify(edit)} makes mistakes: ${JSON.stringify(mistakes)}`);
    if (commentTexts(after) !== commentTexts(text)) wrong.push(`${JSON.stringify(edit)} changes the comments`);
    past.push({ text, undo: invertChanges(text, edited.changes) });
    text = after;
  }
  const made = past.length;
  for (const before of past.toReversed()) {
    text = applyChanges(text, before.undo);
    if (text !== before.text) wrong.push('an edit is not taken back to the byte');
  }
  return { made, refused, wrong };
}

function commentTexts(text: string): string {
  return JSON.stringify(
    commentsOf(text)
      .map((comment) => comment.text)
      .toSorted(),
  );
}
