/**
 * Text that came out of an expression, marked so that a rule's grammar can tell it from what the author wrote. The marks are two
 * private-use characters, which no permission entry may hold otherwise; parse() takes them off again.
 */
const opening = '\uE000';
const closing = '\uE001';
const marks = /[\uE000\uE001]/g;

/** Where quoted text stands in the plain text, in UTF-16 units; `end` is exclusive. */
export interface QuotedRange {
  readonly start: number;
  readonly end: number;
}

/** Marks the text as standing for exactly itself. */
export function markQuoted(text: string): { readonly text: string } | { readonly problem: string } {
  if (text.search(marks) >= 0) return { problem: 'the value holds a private-use character (U+E000 or U+E001)' };
  return { text: `${opening}${text}${closing}` };
}

/** Takes the marks off and says where they were. */
export function readQuoted(marked: string): { readonly text: string; readonly quoted: readonly QuotedRange[] } {
  const quoted: QuotedRange[] = [];
  let text = '';
  let start = 0;
  for (const character of marked) {
    if (character === opening) start = text.length;
    else if (character === closing) quoted.push({ start, end: text.length });
    else text += character;
  }
  return { text, quoted };
}
