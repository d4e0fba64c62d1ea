import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';
import type { Binary } from './binary.ts';
import type { ExecFolder } from './folder.ts';

/**
 * A program whose SHA-256 is pinned: the very bytes that were hashed, in a file of this exec's own. Hashing a file and then
 * running it by its name would let who can swap it in between choose what runs. A mount in the file's place is no way out: the
 * kernel takes it off when somebody renames another file to that name.
 */
export interface Pinned {
  readonly sha256: string;
  readonly copy: AbsolutePath;
}

/** Copies and hashes in one reading; refuses where the digest isn't each of `expected`. Undefined where none is. */
export async function pinBinary(
  binary: Binary,
  expected: readonly string[],
  folder: ExecFolder,
): Promise<Pinned | undefined> {
  if (expected.length === 0) return undefined;
  // The agent's own, so that no user that programs are lent can put another file there.
  const parent = join(folder.root, 'program');
  await mkdir(parent, { mode: 0o755 });
  // By its own name, since some programs are several by their name. Below an absolute path.
  const copy = join(parent, basename(binary.path)) as AbsolutePath;
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(createReadStream(binary.file), hashing, createWriteStream(copy, { mode: 0o500, flags: 'wx' }));
  const digest = hash.digest('hex');
  const other = expected.find((candidate) => candidate !== digest);
  if (other === undefined) {
    await chmod(copy, 0o555);
    return { sha256: digest, copy };
  }
  throw new CallFailure('DENIED', `\`${binary.path}\` has the SHA-256 ${digest}`, {
    rule: `exec sha256: ${other}`,
    remedy: 'Install the program that the permission pins, or pin the one that is installed.',
  });
}
