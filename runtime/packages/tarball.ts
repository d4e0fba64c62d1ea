import type { PluginFile } from '../manifest/folder.ts';
import type { WaterflowFailure } from '../../schemas/index.ts';
import { maxFiles, maxFolderBytes } from '../manifest/folder.ts';
import { packPlugin } from '../manifest/tarball.ts';
import { blockBytes, quoted, readHeader } from './header.ts';
import { checkPaths } from './paths.ts';
import { refused } from './refused.ts';

/** The files of a tarball, and the path of the first one that another kind of header describes. */
export interface ReadTarball {
  readonly files: readonly PluginFile[];
  readonly foreign: string | undefined;
}

/** The files in a tarball, of which {@link requireCanonical} has still to be asked. Throws the PACKAGE_ codes of headers and paths. */
export function readTarball(tarball: Buffer): ReadTarball {
  const { files, refusal, foreign } = entriesOf(tarball);
  checkPaths(files.map(({ path }) => path));
  if (refusal !== undefined) throw refusal;
  return { files, foreign };
}

/**
 * A tarball has to be, byte for byte, the one that `packPlugin` makes of its files. So nothing can hide in it that another reader would see. Asked
 * last: what another program packed differs in each case, and whoever is told so is to know of anything worse. Throws PACKAGE_HEADER and
 * PACKAGE_NOT_CANONICAL.
 */
export async function requireCanonical(tarball: Buffer, { files, foreign }: ReadTarball): Promise<void> {
  if (foreign !== undefined) {
    throw refused('PACKAGE_HEADER', `${quoted(foreign)}: the header is not in POSIX ustar format`);
  }
  if (!(await packPlugin(files)).equals(tarball)) {
    throw refused('PACKAGE_NOT_CANONICAL', 'packing the files of the package again gives other bytes');
  }
  const unsorted = files.findIndex(({ path }, index) => index > 0 && path < (files[index - 1]?.path ?? ''));
  if (unsorted !== -1) {
    throw refused('PACKAGE_NOT_CANONICAL', `${quoted(files[unsorted]?.path ?? '')} is not in its place by order`);
  }
}

/** What a tarball holds, with the first thing in it that is no file. */
interface Entries extends ReadTarball {
  readonly refusal: WaterflowFailure | undefined;
}

function entriesOf(tarball: Buffer): Entries {
  const files: PluginFile[] = [];
  let refusal: WaterflowFailure | undefined;
  let foreign: string | undefined;
  let contentBytes = 0;
  let offset = 0;
  for (let headers = 0; ; headers += 1) {
    const block = tarball.subarray(offset, offset + blockBytes);
    if (block.length < blockBytes) throw refused('PACKAGE_CORRUPT', 'the tarball is cut off');
    if (isEmpty(block)) break;
    if (headers === maxFiles) throw refused('PACKAGE_TOO_LARGE', `the package holds more than ${maxFiles} files`);
    const entry = readHeader(block);
    const { size } = entry;
    offset += blockBytes;
    if (size > tarball.length - offset)
      throw refusal ?? refused('PACKAGE_CORRUPT', `the tarball ends within ${nameOf(entry)}`);
    if ('refuse' in entry) refusal ??= entry.refuse();
    else {
      const { path, executable } = entry;
      files.push({ path, executable, bytes: tarball.subarray(offset, offset + size) });
      contentBytes += size;
      if (entry.isForeign) foreign ??= path;
    }
    if (contentBytes > maxFolderBytes)
      throw refused('PACKAGE_TOO_LARGE', `the files of the package are longer than ${maxFolderBytes} bytes together`);
    offset += Math.ceil(size / blockBytes) * blockBytes;
  }
  if (!isEmpty(tarball.subarray(offset))) {
    throw refused('PACKAGE_TRAILING_DATA', "something follows the tarball's end");
  }
  return { files, refusal, foreign };
}

function nameOf(entry: ReturnType<typeof readHeader>): string {
  return 'path' in entry ? quoted(entry.path) : 'what a header announces';
}

function isEmpty(bytes: Buffer): boolean {
  return bytes.equals(Buffer.alloc(bytes.length));
}
