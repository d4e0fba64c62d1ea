/** Draws a frame around one line of text. */
export function frame(text: string): string {
  const bar = '─'.repeat(Array.from(text).length + 2);
  return `┌${bar}┐\n│ ${text} │\n└${bar}┘\n`;
}
