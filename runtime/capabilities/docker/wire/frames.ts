import type { Readable } from 'node:stream';
import { chunksOf, EngineError } from './errors.ts';

/** A piece of what a container writes. */
export interface OutputPiece {
  readonly stream: 'stdout' | 'stderr';
  readonly bytes: Buffer;
}

const headerBytes = 8;

/**
 * Takes apart what a daemon sends of a container without a terminal: frames of `[stream, 0, 0, 0, length (4, big-endian)]` and that many
 * bytes. A frame may be of any length; its bytes are handed on as they come. (Engine API, "Stream format" of ContainerAttach.)
 */
export async function* outputOf(source: Readable): AsyncGenerator<OutputPiece, void, undefined> {
  let header = Buffer.alloc(0);
  let stream: OutputPiece['stream'] = 'stdout';
  let rest = 0;
  for await (const chunk of chunksOf(source)) {
    let at = 0;
    while (at < chunk.length) {
      if (rest === 0) {
        const taken = chunk.subarray(at, at + headerBytes - header.length);
        header = Buffer.concat([header, taken]);
        at += taken.length;
        if (header.length < headerBytes) break;
        ({ stream, length: rest } = readHeader(header));
        header = Buffer.alloc(0);
      } else {
        const bytes = chunk.subarray(at, at + rest);
        at += bytes.length;
        rest -= bytes.length;
        yield { stream, bytes };
      }
    }
  }
  if (rest > 0 || header.length > 0) throw new EngineError(0, 'the output of the container broke off');
}

function readHeader(header: Buffer): { readonly stream: OutputPiece['stream']; readonly length: number } {
  const [kind, ...padding] = header.subarray(0, 4);
  if (padding.some((byte) => byte !== 0) || (kind !== 1 && kind !== 2)) {
    throw new EngineError(0, 'the daemon sent output in a form that is not its own');
  }
  return { stream: kind === 1 ? 'stdout' : 'stderr', length: header.readUInt32BE(4) };
}
