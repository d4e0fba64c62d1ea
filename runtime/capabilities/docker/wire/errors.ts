import type { Readable } from 'node:stream';
import { CallFailure } from '../../capability.ts';

/** What the Docker daemon refused or could not do; `status` is of its HTTP answer, 0 where there was none that makes sense. */
export class EngineError extends Error {
  readonly status: number;
  readonly remedy: string | undefined;

  constructor(status: number, message: string, remedy?: string) {
    super(message);
    this.remedy = remedy;
    this.name = 'EngineError';
    this.status = status;
  }
}

/** The chunks of a byte stream from the daemon; a connection that breaks is one more thing that the daemon could not do. */
export async function* chunksOf(source: Readable): AsyncGenerator<Buffer, void, undefined> {
  try {
    // Node types the chunks of a byte stream as any.
    for await (const chunk of source as AsyncIterable<Buffer>) yield chunk;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (typeof code !== 'string') throw cause;
    throw new EngineError(0, `the connection to the Docker daemon broke (${code})`);
  }
}

/** Of what a daemon says, the most that goes on to a guest. */
const maxMessageLength = 1000;

/** What a failed exchange with the daemon means to a guest; what isn't one stays as it is. */
export function failureOfEngine(cause: unknown, doing: string): unknown {
  if (!(cause instanceof EngineError)) return cause;
  const message =
    cause.message.length > maxMessageLength ? `${cause.message.slice(0, maxMessageLength)}…` : cause.message;
  return new CallFailure(
    cause.status === 404 ? 'NOT_FOUND' : 'FAILED',
    `${doing}: ${message}`,
    cause.remedy === undefined ? {} : { remedy: cause.remedy },
  );
}
