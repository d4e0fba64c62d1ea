import { hash } from 'node:crypto';
import { extract, pack } from 'tar-stream';
import type { Digest } from '../../schemas/index.ts';
import type { PluginFile } from './folder.ts';

/**
 * The plugin as a tarball that is the same on every machine: sorted, without times, owners and umasks. Two folders with the
 * same files have the same bytes here, and so the same digest.
 */
export async function packPlugin(files: readonly PluginFile[]): Promise<Buffer> {
  const tarball = pack();
  for (const { path, bytes, executable } of files) {
    const mode = executable ? 0o755 : 0o644;
    tarball.entry({ name: path, mode, mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '', type: 'file' }, bytes);
  }
  tarball.finalize();
  const chunks: Buffer[] = [];
  // The stream gives buffers only; its type doesn't say so.
  for await (const chunk of tarball) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A plugin's identity: the SHA-256 of its tarball. */
export async function digestOf(files: readonly PluginFile[]): Promise<Digest> {
  return digestOfTarball(await packPlugin(files));
}

/** The same of its tarball. */
export function digestOfTarball(tarball: Uint8Array): Digest {
  // This is the definition of a Digest.
  return `sha256:${hash('sha256', tarball)}` as Digest;
}

/** The files of a tarball that {@link packPlugin} made: whoever asks knows its digest. Of any other one, see `runtime/packages`. */
export async function unpackPlugin(tarball: Uint8Array): Promise<readonly PluginFile[]> {
  const reading = extract();
  reading.end(tarball);
  const files: PluginFile[] = [];
  for await (const entry of reading) {
    const chunks: Buffer[] = [];
    // The stream gives buffers only; its type doesn't say so.
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const { name, mode } = entry.header;
    files.push({ path: name, bytes: Buffer.concat(chunks), executable: (mode & 0o100) !== 0 });
  }
  return files;
}
