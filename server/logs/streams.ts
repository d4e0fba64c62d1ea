import type { ApiResponse } from '../http/route.ts';

/** Of every stream: nothing in between keeps it, or holds it back (nginx asks for the second by its own header). */
const streamHeaders = { 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' };

/**
 * Chunks as an answer. With `whole` the first chunk is made before the answer begins, so that what can't be read at all is answered
 * by a status; of a stream that is followed it may be long in coming.
 */
export async function streamAnswer(
  chunks: AsyncGenerator<string, void, undefined>,
  { type, whole }: { readonly type: string; readonly whole: boolean },
): Promise<ApiResponse> {
  const sent = whole ? after(await chunks.next(), chunks) : chunks;
  return { status: 200, headers: streamHeaders, body: { kind: 'stream', type, chunks: sent } };
}

async function* after(
  first: IteratorResult<string, void>,
  chunks: AsyncGenerator<string, void, undefined>,
): AsyncGenerator<string, void, undefined> {
  try {
    if (first.done === true) return;
    yield first.value;
    yield* chunks;
  } finally {
    await chunks.return();
  }
}
