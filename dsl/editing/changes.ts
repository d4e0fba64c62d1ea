import type { TextChange } from './api.ts';

/** The text with the changes made. They must not overlap. */
export function applyChanges(text: string, changes: readonly TextChange[]): string {
  let done = 0;
  let changed = '';
  for (const { from, to, insert } of inOrder(changes)) {
    changed += text.slice(done, from) + insert;
    done = to;
  }
  return changed + text.slice(done);
}

/** What takes changes back: made to the text that they led to, they give the one before, byte for byte. */
export function invertChanges(text: string, changes: readonly TextChange[]): readonly TextChange[] {
  let shift = 0;
  return inOrder(changes).map(({ from, to, insert }) => {
    const start = from + shift;
    shift += insert.length - (to - from);
    return { from: start, to: start + insert.length, insert: text.slice(from, to) };
  });
}

/** Changes without what stays the same at their ends, in the order of the text. */
export function leastChanges(text: string, changes: readonly TextChange[]): readonly TextChange[] {
  return inOrder(changes)
    .map((change) => leastChange(text, change))
    .filter(({ from, to, insert }) => from < to || insert !== '');
}

function leastChange(text: string, { from, to, insert }: TextChange): TextChange {
  const before = text.slice(from, to);
  const most = Math.min(before.length, insert.length);
  let head = 0;
  while (head < most && before[head] === insert[head]) head += 1;
  // Never between the halves of a sign that needs two.
  if (head > 0 && isLead(insert.charCodeAt(head - 1))) head -= 1;
  let tail = 0;
  while (tail < most - head && before.at(-1 - tail) === insert.at(-1 - tail)) tail += 1;
  if (tail > 0 && isTrail(insert.charCodeAt(insert.length - tail))) tail -= 1;
  return { from: from + head, to: to - tail, insert: insert.slice(head, insert.length - tail) };
}

function isLead(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isTrail(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

function inOrder(changes: readonly TextChange[]): readonly TextChange[] {
  return changes.toSorted((one, other) => one.from - other.from || one.to - other.to);
}
