/** An event of a stream of server-sent events. */
export interface SseEvent {
  /** `message` where the stream names none. */
  readonly event: string;
  readonly data: string;
  /** The last id that the stream has given so far; what to go on after. */
  readonly id: string | undefined;
}

/** In UTF-16 code units. A server that sends longer lines is none of ours. */
const longestLine = 16 * 1024 * 1024;

/** A line is longer than any of ours. */
export class LineTooLong extends Error {
  override readonly name: string = 'LineTooLong';
}

/** The events of a stream (HTML Living Standard, 9.2). One that the stream's end cuts off is none. */
export async function* sseEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<SseEvent, void, undefined> {
  let event = '';
  let data: string[] = [];
  let id: string | undefined;
  for await (const line of linesOf(chunks)) {
    if (line === '') {
      if (data.length > 0) yield { event: event === '' ? 'message' : event, data: data.join('\n'), id };
      [event, data] = ['', []];
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /u, '');
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id' && !value.includes('\0')) id = value;
  }
}

/** Lines as that standard has them: they end with LF, CR or both. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  // The line that has begun, and a CR at the end, which may be half of a line end.
  let [begun, held] = ['', ''];
  for await (const chunk of chunks) {
    const text = held + decoder.decode(chunk, { stream: true });
    held = text.endsWith('\r') ? '\r' : '';
    // What came before was looked through then: a long line comes in many pieces.
    const [first = '', ...others] = text.slice(0, text.length - held.length).split(/\r\n|\n|\r/u);
    begun += first;
    if (begun.length > longestLine) throw new LineTooLong();
    for (const line of others) {
      yield begun;
      begun = line;
    }
  }
}
