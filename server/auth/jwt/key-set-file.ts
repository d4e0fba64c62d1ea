import { open, stat } from 'node:fs/promises';
import type { JWTVerifyGetKey } from 'jose';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { type KeySet, mostKeySetBytes, noKeys, readKeySet } from './key-set.ts';

/** A JWKS file. What it says now holds: it is read again when it has changed, and where it is gone or broken no token is valid. */
export function createKeySetFile(file: AbsolutePath): KeySet {
  let read: { readonly version: string; readonly keys: JWTVerifyGetKey } | undefined;
  const current = async (): Promise<JWTVerifyGetKey> => {
    try {
      const version = await versionOf(file);
      if (read?.version !== version) read = { version, keys: readKeySet(await readBounded(file), 'the JWKS file') };
      return read.keys;
    } catch (cause) {
      read = undefined;
      throw cause instanceof Error && 'code' in cause
        ? noKeys(`the JWKS file can't be read (${String(cause.code)})`, cause)
        : cause;
    }
  };
  return { current, newer: async () => undefined };
}

/** A change of the content always changes ctime. */
async function versionOf(file: AbsolutePath): Promise<string> {
  const { dev, ino, size, ctimeNs } = await stat(file, { bigint: true });
  return [dev, ino, size, ctimeNs].join(':');
}

async function readBounded(file: AbsolutePath): Promise<string> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  if (size > mostKeySetBytes) throw noKeys('the JWKS file is larger than 1 MiB');
  return await handle.readFile('utf8');
}
