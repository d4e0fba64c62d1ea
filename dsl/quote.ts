const longestQuote = 60;

/**
 * A text of the file as it stands in a message: in backticks, one line, at most 60 characters, control characters escaped so that a
 * hostile file can't steer the reader's terminal.
 */
export function quote(text: string): string {
  const characters = Array.from(text.slice(0, longestQuote * 2));
  const shown =
    characters.length > longestQuote || text.length > longestQuote * 2
      ? `${characters.slice(0, longestQuote).join('')}…`
      : characters.join('');
  return `\`${shown.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, escape)}\``;
}

function escape(character: string): string {
  switch (character) {
    case '\n':
      return String.raw`\n`;
    case '\t':
      return String.raw`\t`;
    case '\r':
      return String.raw`\r`;
    default:
      return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  }
}
