import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { maxPackageBytes } from '../../runtime/packages/limits.ts';
import { refused } from '../../runtime/packages/refused.ts';
import { maxSignaturesBytes } from '../../runtime/trust/signatures.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { reasonOf } from '../commands/read-file.ts';
import type { Terminal } from '../terminal.ts';

/** A package file's bytes, and those of the signatures beside it; undefined where there are none. */
export interface PackageFiles {
  readonly package: Buffer;
  readonly signatures: Buffer | undefined;
}

/** Reads a package and its `.sig` file. Rejects with FILE_NOT_READABLE, PACKAGE_TOO_LARGE, SIGNATURE_INVALID. */
export async function readPackageFiles({ cwd }: Pick<Terminal, 'cwd'>, file: string): Promise<PackageFiles> {
  const path = resolve(cwd, file);
  const bytes = await readIfThere(path, { most: maxPackageBytes, code: 'PACKAGE_TOO_LARGE' });
  if (bytes === undefined) throw unreadable(file, 'there is no such file');
  const signatures = await readIfThere(`${path}.sig`, { most: maxSignaturesBytes, code: 'SIGNATURE_INVALID' });
  return { package: bytes, signatures };
}

async function readIfThere(
  path: string,
  { most, code }: { readonly most: number; readonly code: 'PACKAGE_TOO_LARGE' | 'SIGNATURE_INVALID' },
): Promise<Buffer | undefined> {
  try {
    await using file = await open(path);
    const stats = await file.stat();
    if (!stats.isFile()) throw unreadable(path, 'it is no file');
    if (stats.size > most) throw refused(code, `${path} is longer than ${most} bytes`);
    return await file.readFile();
  } catch (cause) {
    if (cause instanceof WaterflowFailure) throw cause;
    // node:fs rejects with nothing else.
    const error = cause as NodeJS.ErrnoException;
    if (error.code === 'ENOENT') return undefined;
    throw unreadable(path, reasonOf(error), cause);
  }
}

function unreadable(file: string, why: string, cause?: unknown): WaterflowFailure {
  const message = `cannot read ${file}: ${why}`;
  const remedy = 'Name a package, as `waterflow plugin pack` makes one: greet-1.0.0.tgz.';
  return new WaterflowFailure({ code: 'FILE_NOT_READABLE', message, remedy, file }, { cause });
}
