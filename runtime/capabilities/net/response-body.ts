import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { CallFailure } from '../capability.ts';
import type { WorkspaceOutput } from '../workspace-file.ts';
import type { ExchangeAnswer } from './exchange.ts';
import { BufferedFileWriter } from './file-writer.ts';

/** Of a response that goes to the guest, where the call names no other. */
export const defaultGuestBytes: number = 1024 * 1024;
/** Of a response that goes to a workspace file, where the call names no other. */
export const defaultFileBytes: number = 1024 ** 3;

/** Content codings that the agent asks for, and undoes, for a response to the guest. A file is asked for as it lies. */
export const acceptedCodings = 'gzip, br';

/** Reads a body into memory, decoded. What is over the limit is never held, however small it came over the wire. */
export async function readBody(answer: ExchangeAnswer, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await consume(answer, maxBytes, async (chunk) => void chunks.push(chunk));
  return Buffer.concat(chunks);
}

/** Moves a body into a workspace file, decoded. `watch` sees each chunk first, and throws where nothing may be kept. */
export async function saveBody(
  answer: ExchangeAnswer,
  maxBytes: number,
  { output, watch }: { readonly output: WorkspaceOutput; readonly watch: (chunk: Buffer) => void },
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const writer = new BufferedFileWriter(output);
  try {
    const bytes = await consume(answer, maxBytes, async (chunk) => {
      watch(chunk);
      await writer.take(chunk);
    });
    return { bytes, sha256: await writer.end() };
  } finally {
    await writer.settled();
  }
}

async function consume(
  answer: ExchangeAnswer,
  maxBytes: number,
  take: (chunk: Buffer) => Promise<void>,
): Promise<number> {
  let length = 0;
  const sink = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of source) {
      length += chunk.length;
      if (length > maxBytes) {
        throw new CallFailure('LIMIT_EXCEEDED', `the response is larger than ${maxBytes} bytes`, {
          remedy: 'Raise `max_bytes`, or let the response go to a workspace file.',
        });
      }
      await take(chunk);
    }
  };
  const decoder = answer.hasBody ? decoderOf(answer.headers['content-encoding']) : undefined;
  if (decoder === undefined) await pipeline(answer.body, sink);
  else await pipeline(answer.body, decoder, sink);
  return length;
}

/** One coding at most: a server that wraps a body several times is hiding its size. */
function decoderOf(coding: string | undefined): Transform | undefined {
  switch (coding?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
      return createGunzip();
    case 'br':
      return createBrotliDecompress();
    case 'deflate':
      return createInflate();
    default:
      throw new CallFailure('FAILED', `the response has the content coding \`${coding}\`, which the agent can't undo`);
  }
}
