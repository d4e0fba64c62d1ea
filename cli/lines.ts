/** A line of input: its text without the line break, or only so much of it that it is seen to be too long. */
export type InputLine = { readonly text: string } | { readonly tooLong: true };

/**
 * Splits UTF-8 at line feeds, with or without a carriage return before them, and at nothing else: JSON text may hold the other
 * characters that Node's own reader takes for line breaks. A byte order mark before the first line is none of it. Of a line
 * longer than `longest` UTF-16 code units nothing is kept.
 */
export async function* linesOf(
  input: AsyncIterable<Uint8Array>,
  { longest }: { readonly longest: number },
): AsyncGenerator<InputLine> {
  // It leaves out the byte order mark by itself.
  const decoder = new TextDecoder();
  let pieces: string[] = [];
  let length = 0;
  const add = (piece: string): void => {
    length += piece.length;
    if (length <= longest) pieces.push(piece);
    else pieces = [];
  };
  const take = (): InputLine => {
    const line: InputLine = length > longest ? { tooLong: true } : { text: pieces.join('').replace(/\r$/, '') };
    pieces = [];
    length = 0;
    return line;
  };
  for await (const chunk of input) {
    const [first = '', ...others] = decoder.decode(chunk, { stream: true }).split('\n');
    add(first);
    for (const piece of others) {
      yield take();
      add(piece);
    }
  }
  add(decoder.decode());
  if (length > 0) yield take();
}
