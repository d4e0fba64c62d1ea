import { hash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { IndexedPackage } from '../../schemas/generated/registry.ts';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';
import { compareNamed } from '../manifest/versions.ts';
import { openPackage } from '../packages/index.ts';
import { maxPackageBytes } from '../packages/limits.ts';
import { refused } from '../packages/refused.ts';
import { maxSignaturesBytes, readSignatures, requireSameStatement } from '../trust/signatures.ts';
import { folderSource } from './folder-source.ts';
import type { RegistrySource } from './ports.ts';
import { packagePaths } from './roles.ts';

/** Of a description, as an index has it: enough for a line. */
const descriptionCharacters = 500;

/**
 * The packages in a folder, each with its signatures beside it, sorted. Every one is opened: nothing broken is published. Whose signatures
 * count is for those to say who install. Rejects with what is wrong with the first that is.
 */
export async function packagesIn(folder: AbsolutePath): Promise<readonly IndexedPackage[]> {
  const source = folderSource(folder);
  const files = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  const packages: IndexedPackage[] = [];
  // One after another: each may take the memory of the largest.
  for (const file of files.sort()) packages.push(await inFile(source, file));
  return packages.sort(compareNamed);
}

async function inFile(source: RegistrySource, file: string): Promise<IndexedPackage> {
  try {
    const bytes = await readBeside(source, file, maxPackageBytes);
    const opened = await openPackage(bytes);
    const { name, version, description, permissions = {} } = opened.manifest;
    const paths = packagePaths({ name, version });
    if (paths.package !== file) {
      throw refused(
        'PACKAGE_RECORD_INVALID',
        `the package is ${name} ${version}, so its file has to be ${paths.package}`,
      );
    }
    const signature = await readBeside(source, paths.signature, maxSignaturesBytes);
    requireSameStatement(opened, readSignatures(signature.toString('utf8')));
    return {
      name,
      version,
      digest: opened.digest,
      description: description.slice(0, descriptionCharacters).toWellFormed(),
      capabilities: Object.keys(permissions).sort(),
      package: { size: bytes.length, sha256: hash('sha256', bytes) },
      signature: { size: signature.length, sha256: hash('sha256', signature) },
    };
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure)) throw cause;
    const { message } = cause.error;
    throw new WaterflowFailure({ ...cause.error, message: `${file}: ${message}`, file }, { cause });
  }
}

async function readBeside(source: RegistrySource, file: string, most: number): Promise<Buffer> {
  const bytes = await source.read(file, most);
  if (bytes === undefined) throw refused('SIGNATURE_MISSING', `there is no ${file} beside it`);
  if (bytes.length > most) throw refused('PACKAGE_TOO_LARGE', `${file} is longer than ${most} bytes`);
  return bytes;
}
