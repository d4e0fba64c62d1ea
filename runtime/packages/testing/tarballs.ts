import { constants, crc32, deflateRawSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { PluginFile } from '../../manifest/folder.ts';
import { manifestText } from '../../manifest/testing/folder.ts';
import { makeRecord, type PackedFrom, recordFile } from '../record.ts';

/** What a test's package says of its origin. */
export const packedFrom: PackedFrom = { builder: { waterflow: '0.1.0' } };

type Header = Parameters<ReturnType<typeof pack>['entry']>[0];

/** An entry of a tarball: its content, and what its header says beside the name. */
export interface TestEntry extends Partial<Header> {
  readonly name: string;
  readonly content?: string;
}

const ordinary = { mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '', mode: 0o644 } as const;

/** The files of a small plugin, sorted. */
export const sources: readonly TestEntry[] = [
  { name: 'index.ts', content: 'export default () => ({});\n' },
  { name: 'plugin.yaml', content: manifestText() },
];

/** An honest record of these files, at its place among them. */
export function withRecord(
  files: readonly TestEntry[],
  identity: { readonly name: string; readonly version: string } = { name: 'acme-tool', version: '1.2.0' },
): readonly TestEntry[] {
  const record = makeRecord(identity, files.map(pluginFile), packedFrom);
  return inOrder([...files, { name: recordFile, content: record.bytes.toString() }]);
}

/** By their names. */
export function inOrder(entries: readonly TestEntry[]): readonly TestEntry[] {
  return [...entries].sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** A tarball of exactly these entries, whatever they are. */
export async function tarballOf(entries: readonly TestEntry[]): Promise<Buffer> {
  const tarball = pack();
  for (const { content = '', ...header } of entries) tarball.entry({ ...ordinary, ...header }, content);
  tarball.finalize();
  const chunks: Buffer[] = [];
  // The stream gives buffers only; its type doesn't say so.
  for await (const chunk of tarball) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A header of which every byte can be chosen, with a right checksum. */
export function withHeader(tarball: Buffer, change: (header: Buffer) => void): Buffer {
  const changed = Buffer.from(tarball);
  const header = changed.subarray(0, 512);
  change(header);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return changed;
}

/** Compressed, without a look at what it is; less than packages are, which takes less time. */
export function zipped(tarball: Buffer): Buffer {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(tarball), 0);
  trailer.writeUInt32LE(tarball.length % 2 ** 32, 4);
  const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
  return Buffer.concat([header, deflateRawSync(tarball, { level: constants.Z_BEST_SPEED }), trailer]);
}

/** A package of exactly these entries. */
export async function packageOf(entries: readonly TestEntry[]): Promise<Buffer> {
  return zipped(await tarballOf(entries));
}

function pluginFile({ name, content = '', mode = 0o644 }: TestEntry): PluginFile {
  return { path: name, bytes: Buffer.from(content), executable: (mode & 0o100) !== 0 };
}
