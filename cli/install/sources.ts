import { basename } from 'node:path';
import { parseUses } from '../../runtime/manifest/uses.ts';
import { findVersion, type Registry } from '../../runtime/registry/index.ts';
import type { Locked } from '../../schemas/generated/lockfile.ts';
import type { IndexedPackage } from '../../schemas/generated/registry.ts';
import { usageError } from '../command.ts';
import { plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';
import { readPackageFiles } from './package-files.ts';

/** A package as it came, of which nothing is verified but what its registry vouches for. */
export interface FoundPackage {
  /** As people are told of it. */
  readonly words: string;
  readonly package: Buffer;
  readonly signatures: Buffer | undefined;
  readonly source: Locked['source'];
  /** What the index of the registry has it as. */
  readonly indexed?: IndexedPackage;
}

/** Finds what a command line names: a package file (`./greet-1.0.0.tgz`), or one of a registry, as `uses:` writes it (`greet@v1`). */
export async function findPackage(
  terminal: Terminal,
  named: string,
  registry: Registry | undefined,
): Promise<FoundPackage> {
  if (/\.tgz$/iu.test(named)) {
    return { words: named, ...(await readPackageFiles(terminal, named)), source: { file: basename(named) } };
  }
  const uses = parseUses(named);
  if (uses.kind === 'invalid' || uses.kind === 'folder') {
    const why = uses.kind === 'invalid' ? uses.why : 'a folder is no package';
    throw usageError(
      `${plainLine(named)}: ${why}`,
      'Name a package file, greet-1.0.0.tgz, or one of a registry: greet@v1, greet@1.0.0. `waterflow plugin pack` makes a package of a folder.',
    );
  }
  if (registry === undefined) {
    throw usageError(
      `${named} is in a registry, and none is named`,
      'Give --registry FOLDER or URL, or set WATERFLOW_REGISTRY.',
    );
  }
  const indexed = findVersion(registry, uses, named);
  const { package: bytes, signature } = await registry.fetch(indexed);
  return {
    words: `${indexed.name}@${indexed.version} of ${registry.location}`,
    package: bytes,
    signatures: signature,
    source: { registry: registry.id },
    indexed,
  };
}
