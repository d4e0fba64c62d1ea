/** What a stream takes beside printable text: colours and a redrawn display on a terminal that shows them. */
export type Shows = 'text' | 'text and colours';

// ECMA-48: Cc are its controls, of which line breaks and tabs are text (RFC 4180's line break is two). The others are the
// separators of lines and the controls of writing direction.
const unsafe = /(?![\n\t]|\r\n)[\p{Cc}\u2028\u2029\p{Bidi_Control}]/u;
const everyUnsafe = new RegExp(unsafe.source, 'gu');

/**
 * The sequences of our own reports, as they are and no others: style.ts's colours, tree.ts's way back to its first line, the
 * cursor hidden and shown.
 */
// oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
const own = /(\u001b\[(?:0|1|31|32|33|34|90)m|\u001b\[\d{1,4}A\r\u001b\[J|\u001b\[\?25[lh])/u;

/**
 * The last look at a text before it leaves for a terminal or a pipe. Reports clean the words of plugins, workflows and servers
 * where they put them into a line; what one of them forgot loses its control characters here.
 */
export function guardedText(text: string, shows: Shows): string {
  if (!unsafe.test(text)) return text;
  if (shows === 'text') return text.replaceAll(everyUnsafe, '');
  // split() with a group leaves what it matched at the odd places.
  return text
    .split(own)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll(everyUnsafe, '')))
    .join('');
}
