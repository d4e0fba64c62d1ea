import { HttpProblem, toProblem } from '../http/problem.ts';
import type { Writing } from './formats.ts';

/** Parts are sent together up to so many characters, where they come as fast. */
const chunkText = 32 * 1024;

const serverEnds = new HttpProblem(503, {
  code: 'SERVER_UNAVAILABLE',
  message: 'the server is shutting down',
  remedy: 'Go on behind the last line in a moment.',
});

/**
 * The text of a stream, in chunks that are made as they are taken. What goes wrong is its last text where the format has a place for
 * that, and `failed` is told; else it is thrown. So is the reason why `signal` ended it, but for the end of the server, after which
 * followers go on.
 */
export async function* chunksOf<Part extends { readonly kind: string }>(
  parts: AsyncIterable<Part>,
  { opening, part, failure, interrupted }: Writing<Part>,
  { failed, signal }: { readonly failed: (thrown: unknown) => void; readonly signal: AbortSignal },
): AsyncGenerator<string, void, undefined> {
  let chunk = '';
  let ended = false;
  try {
    if (opening !== '') yield opening;
    for await (const each of parts) {
      chunk += part(each);
      ended = each.kind === 'end';
      if (chunk === '' || (each.kind === 'line' && chunk.length < chunkText)) continue;
      yield chunk;
      chunk = '';
      if (isOver(signal)) break;
    }
    if (!ended && isOver(signal)) throw signal.reason;
    if (!ended && interrupted === undefined) throw serverEnds;
    if (!ended) chunk += interrupted ?? '';
  } catch (thrown) {
    const end = failure(toProblem(thrown));
    // The connection breaks off, so that nobody takes this for the whole.
    if (end === undefined) throw thrown;
    if (!isOver(signal)) failed(thrown);
    yield `${chunk}${end}`;
    return;
  }
  if (chunk !== '') yield chunk;
}

/** Whoever reads may not do so any more. */
function isOver({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof HttpProblem && reason.error.code !== serverEnds.error.code;
}
