import { createHash } from 'node:crypto';
import { type Digest, type WaterflowError, WaterflowFailure } from '../../../schemas/index.ts';
import type { StoredBlob } from '../port.ts';

export const someDigest: Digest = digestOfText('nothing has this content');

export function digestOfText(text: string): Digest {
  // It matches Digest's definition.
  return `sha256:${createHash('sha256').update(text).digest('hex')}` as Digest;
}

/** A text in pieces. */
export async function* contentOf(...pieces: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield Buffer.from(piece);
}

/** All of a blob; undefined where there is none. */
export async function textIn(blob: StoredBlob | undefined): Promise<string | undefined> {
  if (blob === undefined) return undefined;
  let text = '';
  for await (const chunk of blob.content) text += String(chunk);
  return text;
}

/** What is read of a blob until it fails, and how it fails. */
export async function readUntilFailure(
  blob: StoredBlob | undefined,
): Promise<{ readonly text: string; readonly error: WaterflowError | undefined }> {
  let text = '';
  try {
    for await (const chunk of blob?.content ?? []) text += String(chunk);
  } catch (cause) {
    if (cause instanceof WaterflowFailure) return { text, error: cause.error };
    throw cause;
  }
  return { text, error: undefined };
}

/** The error that a promise is rejected with. */
export async function errorOf(promise: Promise<unknown>): Promise<WaterflowError> {
  try {
    await promise;
  } catch (cause) {
    if (cause instanceof WaterflowFailure) return cause.error;
    throw cause;
  }
  throw new Error('nothing was rejected');
}
