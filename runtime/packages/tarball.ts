import type { PluginFile } from '../manifest/folder.ts';
import { maxFiles } from '../manifest/folder.ts';
import { packPlugin } from '../manifest/tarball.ts';
import { blockBytes, quoted, readHeader } from './header.ts';
import { checkPaths } from './paths.ts';
import { refused } from './refused.ts';

/**
 * The files in a tarball, which has to be, byte for byte, the one that `packPlugin` makes of them. So nothing can hide in it
 * that another reader would see. Throws the PACKAGE_ codes of headers, paths and forms.
 */
export async function readTarball(tarball: Buffer): Promise<readonly PluginFile[]> {
  const files = entriesOf(tarball);
  checkPaths(files.map(({ path }) => path));
  if (!(await packPlugin(files)).equals(tarball)) {
    throw refused('PACKAGE_NOT_CANONICAL', 'packing the files of the package again gives other bytes');
  }
  const unsorted = files.findIndex(({ path }, index) => index > 0 && path < (files[index - 1]?.path ?? ''));
  if (unsorted !== -1) {
    throw refused('PACKAGE_NOT_CANONICAL', `${quoted(files[unsorted]?.path ?? '')} is not in its place by order`);
  }
  return files;
}

function entriesOf(tarball: Buffer): readonly PluginFile[] {
  const files: PluginFile[] = [];
  let offset = 0;
  for (;;) {
    const block = tarball.subarray(offset, offset + blockBytes);
    if (block.length < blockBytes) throw refused('PACKAGE_CORRUPT', 'the tarball is cut off');
    if (isEmpty(block)) break;
    if (files.length === maxFiles) throw refused('PACKAGE_TOO_LARGE', `the package holds more than ${maxFiles} files`);
    const { path, size, executable } = readHeader(block);
    offset += blockBytes;
    if (size > tarball.length - offset) throw refused('PACKAGE_CORRUPT', `${quoted(path)} is cut off`);
    files.push({ path, executable, bytes: tarball.subarray(offset, offset + size) });
    offset += Math.ceil(size / blockBytes) * blockBytes;
  }
  requireEnd(tarball.subarray(offset));
  return files;
}

/** Two empty blocks, and nothing else. */
function requireEnd(rest: Buffer): void {
  if (!isEmpty(rest)) throw refused('PACKAGE_TRAILING_DATA', "something follows the tarball's end");
  if (rest.length !== 2 * blockBytes) {
    throw refused('PACKAGE_NOT_CANONICAL', `the tarball ends with ${rest.length} empty bytes`);
  }
}

function isEmpty(bytes: Buffer): boolean {
  return bytes.equals(Buffer.alloc(bytes.length));
}
