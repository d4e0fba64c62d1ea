import { createHash, type Hash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { type Digest, WaterflowFailure } from '../../schemas/index.ts';

const digestPattern = /^sha256:([0-9a-f]{64})$/;

/** The hex digits of a digest; undefined for what is none, of which there is no blob. */
export function hexOf(digest: string): string | undefined {
  return digestPattern.exec(digest)?.[1];
}

/** The digest of what was hashed with SHA-256. */
export function digestOf(hash: Hash): Digest {
  // It matches Digest's definition.
  return `sha256:${hash.digest('hex')}` as Digest;
}

/**
 * Hands bytes on, the last of them only once all have been compared with the digest: whoever copies them to somebody else breaks
 * off before the end where they differ. `place` is for the message.
 */
export function verifying(digest: Digest, place: string): Transform {
  const hash = createHash('sha256');
  let heldBack: Uint8Array | undefined;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      const ready = heldBack;
      heldBack = chunk;
      done(null, ready);
    },
    flush(done) {
      if (digestOf(hash) === digest) done(null, heldBack);
      else done(damaged(place));
    },
  });
}

/** What comes out of `through`. Its source's errors are turned into failures, and it goes together with what is read of it. */
export function relayed(source: Readable, through: Transform, failure: (cause: unknown) => Error): Readable {
  source.on('error', (cause) => through.destroy(failure(cause)));
  through.on('close', () => source.destroy());
  return source.pipe(through);
}

function damaged(place: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'STORAGE_FAILED',
    message: `the blob ${place} was changed: its content has another digest`,
    remedy: 'Restore it from a backup, or store the same content again, which mends it.',
  });
}
