import { createHash } from 'node:crypto';
import { pack } from 'tar-stream';
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
  const hash = createHash('sha256')
    .update(await packPlugin(files))
    .digest('hex');
  // This is the definition of a Digest.
  return `sha256:${hash}` as Digest;
}
