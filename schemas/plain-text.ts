/** Texts whose authors are not trusted, made harmless for terminals and for readers of lines. */

// ECMA-48: CSI and OSC sequences, other escapes, then what is left of the C0 and C1 controls; beside them the separators of
// lines and the controls of writing direction, with which a text can show itself in another order than it is.
//
// And what shows nothing at all, by which two texts look alike that aren't, or a message hides: but for what makes one picture of
// several (U+200D before one, U+FE0E and U+FE0F after one).
const escapeSequences =
  // oxlint-disable-next-line no-control-regex -- control characters are what this removes
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b\n]*(?:\u0007|\u001b\\)?|\u001b.?|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\p{Bidi_Control}\ufff9-\ufffb]|(?!\u200d\p{Extended_Pictographic}|(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f])\p{Default_Ignorable_Code_Point}/gu;

/** What most texts are, in which there is nothing to look for. */
const isPlain = /^[\n\u0020-\u007e]*$/u;
// oxlint-disable-next-line no-control-regex -- a control character is what begins a colour
const colours = /\u001b\[[\d;]*m/gu;

/**
 * One line without anything that could move the cursor, recolour the screen, rename the window, reorder the text or hide in it: its
 * author is not trusted. Line breaks become spaces.
 */
export function plainLine(text: string): string {
  return joinedLines(text).replaceAll(escapeSequences, '').replaceAll('\t', '    ');
}

/** A text of several lines as {@link plainLine} has each of them, its line ends kept. */
export function plainLines(text: string): string {
  if (isPlain.test(text)) return text;
  // Most of what isn't plain are colours (SGR), and looking for nothing else takes a fraction of the time.
  const uncoloured = text.replaceAll(colours, '');
  return isPlain.test(uncoloured) ? uncoloured : text.replaceAll(escapeSequences, '').replaceAll('\t', '    ');
}

/** Its lines with a space between them, without the blanks around that. A pattern would look at each run of blanks once for each of them. */
function joinedLines(text: string): string {
  if (!text.includes('\n')) return text;
  const lines = text.split('\n');
  return lines
    .map((line, index) => (index === 0 ? line : line.trimStart()))
    .map((line, index) => (index === lines.length - 1 ? line : line.trimEnd()))
    .join(' ');
}

/** A {@link plainLine} of a log: of what a progress bar wrote over itself with carriage returns, the last. */
export function plainLogLine(line: string): string {
  return plainLine(line.slice(...lastWritten(line)));
}

/** Where what a line shows in the end begins in it, and where it ends: what stands before a carriage return was written over. */
export function lastWritten(line: string): readonly [from: number, to: number] {
  let end = line.length;
  while (line[end - 1] === '\r') end -= 1;
  return [line.lastIndexOf('\r', end - 1) + 1, end];
}

/** JSON on one line or with `indent` spaces, without control or invisible characters: JSON itself lets those above U+007E stand. */
export function plainJson(value: unknown, indent = 0): string {
  return escapedJson(JSON.stringify(value, null, indent));
}

/** The same for a value that was made into JSON text already. */
export function escapedJson(json: string): string {
  return json.replaceAll(
    /[\u007f-\u009f\u2028\u2029\p{Bidi_Control}\ufff9-\ufffb\p{Default_Ignorable_Code_Point}]/gu,
    (character) => character.split('').map(escapedUnit).join(''),
  );
}

/**
 * What shows nothing of itself, or moves what does: what {@link plainLines} takes away, character by character. A carriage return before
 * a line feed only ends a line, and U+FE0F before U+20E3 makes a picture of a digit.
 */
export const unseen: RegExp =
  // oxlint-disable-next-line no-control-regex -- control characters are what this shows
  /(?!\r\n)[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\p{Bidi_Control}\ufff9-\ufffb]|(?!\u200d\p{Extended_Pictographic}|(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f]|\ufe0f\u20e3)\p{Default_Ignorable_Code_Point}/gu;

/**
 * A text in which everything can be seen: what {@link plainLines} takes away stands there as JSON writes it (`\u202e`), so that two texts
 * that aren't alike don't look it, and who reads one knows what was tried. Tabs and the ends of lines stay.
 */
export function visibleText(text: string): string {
  return isPlain.test(text)
    ? text
    : text.replaceAll(unseen, (character) => character.split('').map(escapedUnit).join(''));
}

/** JSON writes a character above U+FFFF as two. */
function escapedUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
