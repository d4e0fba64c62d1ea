import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../schemas/index.ts';
import { maxFiles, maxFolderBytes } from '../manifest/folder.ts';
import { manifestText } from '../manifest/testing/folder.ts';
import { openPackage, recordFile } from './index.ts';
import { maxPackageBytes, maxTarballBytes } from './limits.ts';
import {
  inOrder,
  packageOf,
  sources,
  type TestEntry,
  tarballOf,
  withHeader,
  withRecord,
  zipped,
} from './testing/tarballs.ts';

const added = (...entries: TestEntry[]): Promise<Buffer> => packageOf(withRecord(inOrder([...sources, ...entries])));
const named = (name: string): Promise<Buffer> => added({ name, content: 'x' });
const honest = (): Promise<Buffer> => packageOf(withRecord(sources));
/** A package of these entries with the record of the honest one. */
const unlisted = (change: (entries: readonly TestEntry[]) => readonly TestEntry[]): Promise<Buffer> =>
  packageOf(inOrder(change(withRecord(sources))));
const replaced =
  (name: string, change: Partial<TestEntry>) =>
  (entries: readonly TestEntry[]): readonly TestEntry[] =>
    entries.map((entry) => (entry.name === name ? { ...entry, ...change } : entry));
/** The honest tarball, whose first header says something else. */
const headed = async (change: (header: Buffer) => void): Promise<Buffer> =>
  zipped(withHeader(await tarballOf(withRecord(sources)), change));
const write = (text: string, at: number) => (header: Buffer) => void header.write(text, at, 'latin1');
const recordText = async (change: (text: string) => string): Promise<Buffer> =>
  await unlisted((entries) =>
    entries.map((entry) => (entry.name === recordFile ? { ...entry, content: change(entry.content ?? '') } : entry)),
  );

type Attack = readonly [what: string, code: ErrorCode, bytes: () => Promise<Buffer>];

const paths: readonly Attack[] = [
  ['a path out of the folder', 'PACKAGE_PATH_TRAVERSAL', () => named('../x')],
  ['a path out of a folder in it', 'PACKAGE_PATH_TRAVERSAL', () => named('lib/../../x')],
  ['a part `.`', 'PACKAGE_PATH_TRAVERSAL', () => named('./x')],
  ['an empty part', 'PACKAGE_PATH_TRAVERSAL', () => named('lib//x')],
  ['a path that ends as a folder', 'PACKAGE_PATH_TRAVERSAL', () => named('lib/')],
  ['an absolute path', 'PACKAGE_PATH_ABSOLUTE', () => named('/etc/passwd')],
  ['a backslash', 'PACKAGE_PATH_ABSOLUTE', () => named('..\\x')],
  ["a drive's letter", 'PACKAGE_PATH_ABSOLUTE', () => named('C:x')],
  ['too deep a path', 'PACKAGE_PATH_TOO_LONG', () => named('a/'.repeat(40) + 'x')],
  ['a control character', 'PACKAGE_PATH_CHARACTERS', () => headed(write('index.t\u0007\0', 0))],
  ['a name of two scripts', 'PACKAGE_PATH_CHARACTERS', () => headed((header) => void header.write('\u0456ndex.ts', 0))],
  [
    'a right-to-left override',
    'PACKAGE_PATH_CHARACTERS',
    () => headed((header) => void header.write('a\u202est.js', 0)),
  ],
  ['a path that is not UTF-8', 'PACKAGE_PATH_CHARACTERS', () => headed(write('index.\xff\xfe', 0))],
  ['a space at the end of a name', 'PACKAGE_PATH_CHARACTERS', () => named('x ')],
  ["a shell's characters", 'PACKAGE_PATH_CHARACTERS', () => named('$(x)')],
  ['a folder that no digest counts', 'PACKAGE_PATH_RESERVED', () => named('node_modules/x/index.js')],
  ['a folder that says it is a cache', 'PACKAGE_PATH_RESERVED', () => named('lib/CacheDir.tag')],
  ["a repository's hooks", 'PACKAGE_PATH_RESERVED', () => named('.GIT/hooks/post-checkout')],
  ['a device of Windows', 'PACKAGE_PATH_RESERVED', () => named('lib/nul.txt')],
  ['a file twice', 'PACKAGE_DUPLICATE_ENTRY', () => added({ name: 'index.ts', content: 'other' })],
  ['two cases of a name', 'PACKAGE_NAME_COLLISION', () => named('INDEX.ts')],
  ['two cases of a folder', 'PACKAGE_NAME_COLLISION', () => added({ name: 'Lib/a' }, { name: 'lib/b' })],
  ['a file that is a folder', 'PACKAGE_NAME_COLLISION', () => added({ name: 'lib' }, { name: 'lib/b' })],
  [
    'a file that is a folder in another case',
    'PACKAGE_NAME_COLLISION',
    () => added({ name: 'LIB' }, { name: 'lib/b' }),
  ],
  ['two compositions of a name', 'PACKAGE_NAME_COLLISION', async () => await composedTwice()],
  ['a full-width form of a name', 'PACKAGE_NAME_COLLISION', async () => await fullWidth()],
];

const entries: readonly Attack[] = [
  ['a symbolic link', 'PACKAGE_SYMBOLIC_LINK', () => added({ name: 'x', type: 'symlink', linkname: '/etc' })],
  ['a hard link', 'PACKAGE_HARD_LINK', () => added({ name: 'x', type: 'link', linkname: 'index.ts' })],
  ['a character device', 'PACKAGE_SPECIAL_FILE', () => added({ name: 'x', type: 'character-device' })],
  ['a block device', 'PACKAGE_SPECIAL_FILE', () => added({ name: 'x', type: 'block-device' })],
  ['a FIFO', 'PACKAGE_SPECIAL_FILE', () => added({ name: 'x', type: 'fifo' })],
  ['a folder', 'PACKAGE_HEADER', () => added({ name: 'x', type: 'directory' })],
  ['a pax header', 'PACKAGE_HEADER', () => added({ name: 'x', pax: { path: '../../x' } })],
  ['a global pax header', 'PACKAGE_HEADER', () => headed(write('g', 156))],
  ["GNU's long name", 'PACKAGE_HEADER', () => headed(write('L', 156))],
  ["GNU's long link", 'PACKAGE_HEADER', () => headed(write('K', 156))],
  ["GNU's sparse file", 'PACKAGE_HEADER', () => headed(write('S', 156))],
  ["GNU's own magic", 'PACKAGE_HEADER', () => headed(write('ustar  \0', 257))],
  ['a size of base 256', 'PACKAGE_HEADER', () => headed(write('\x80\0\0\0\0\0\0\x01', 124))],
  ['a negative size', 'PACKAGE_HEADER', () => headed(write('-0000000001 ', 124))],
  ['a size beyond the end', 'PACKAGE_CORRUPT', () => headed(write('77777777777 ', 124))],
  ['a wrong checksum', 'PACKAGE_CORRUPT', async () => zipped(flipped(await tarballOf(withRecord(sources)), 2))],
];

const forms: readonly Attack[] = [
  ['a time', 'PACKAGE_NOT_CANONICAL', () => unlisted(replaced('index.ts', { mtime: new Date(1000) }))],
  ['an owner', 'PACKAGE_NOT_CANONICAL', () => unlisted(replaced('index.ts', { uid: 1000, uname: 'me' }))],
  ['another mode', 'PACKAGE_NOT_CANONICAL', () => unlisted(replaced('index.ts', { mode: 0o664 }))],
  ['a set-user-id bit', 'PACKAGE_NOT_CANONICAL', () => unlisted(replaced('index.ts', { mode: 0o4644 }))],
  ['another order', 'PACKAGE_NOT_CANONICAL', () => packageOf(withRecord(sources).toReversed())],
  ['text behind the name', 'PACKAGE_NOT_CANONICAL', () => headed(write('hidden', 50))],
  ['text behind a content', 'PACKAGE_NOT_CANONICAL', async () => await padded()],
  ['a longer end', 'PACKAGE_NOT_CANONICAL', async () => zipped(await longer(Buffer.alloc(512)))],
  ['text behind the end', 'PACKAGE_TRAILING_DATA', async () => zipped(await longer(Buffer.from('x'.repeat(512))))],
  ['a second gzip member', 'PACKAGE_TRAILING_DATA', async () => Buffer.concat([await honest(), await honest()])],
  ['bytes behind the package', 'PACKAGE_TRAILING_DATA', async () => Buffer.concat([await honest(), Buffer.from('x')])],
  ['nothing', 'PACKAGE_CORRUPT', async () => Buffer.alloc(0)],
  ['another header of gzip', 'PACKAGE_CORRUPT', async () => flipped(await honest(), 4)],
  [
    'a name in the header of gzip',
    'PACKAGE_CORRUPT',
    async () => await withGzipField(8, Buffer.from('x'.repeat(2 ** 20) + '\0')),
  ],
  [
    'more fields in the header of gzip',
    'PACKAGE_CORRUPT',
    async () => await withGzipField(4, Buffer.alloc(2 ** 16 + 1, 255)),
  ],
  ['an archive of another kind: zip', 'PACKAGE_CORRUPT', async () => Buffer.from(emptyZip, 'hex')],
  ['a tarball that is not compressed', 'PACKAGE_CORRUPT', async () => await tarballOf(withRecord(sources))],
  ['a wrong CRC', 'PACKAGE_CORRUPT', async () => flipped(await honest(), (await honest()).length - 6)],
  ['a tarball without an end', 'PACKAGE_CORRUPT', async () => zipped((await tarballOf(sources)).subarray(0, -1024))],
];

const sizes: readonly Attack[] = [
  ['too long a file', 'PACKAGE_TOO_LARGE', async () => Buffer.alloc(maxPackageBytes + 1)],
  ['a pax header of megabytes', 'PACKAGE_HEADER', () => added({ name: 'x', pax: { comment: 'x'.repeat(2 ** 22) } })],
  ['a bomb in a bomb', 'PACKAGE_CORRUPT', async () => zipped(zipped(Buffer.alloc(maxTarballBytes + 1)))],
  ['a bomb', 'PACKAGE_TOO_LARGE', async () => zipped(Buffer.alloc(maxTarballBytes + 1))],
  ['too many files', 'PACKAGE_TOO_LARGE', async () => zipped(await manyOf({ name: 'x' }))],
  ['too many folders', 'PACKAGE_TOO_LARGE', async () => zipped(await manyOf({ name: 'x', type: 'directory' }))],
];

const records: readonly Attack[] = [
  ['no record', 'PACKAGE_RECORD_INVALID', () => packageOf(sources)],
  ['a record that is no JSON', 'PACKAGE_RECORD_INVALID', () => recordText(() => '{')],
  ['a record with another key', 'PACKAGE_RECORD_INVALID', () => recordText((text) => text.replace('{', '{"x": 1,'))],
  ['a key twice', 'PACKAGE_RECORD_INVALID', () => recordText((text) => text.replace('{', '{\n  "name": "acme-tool",'))],
  ['a record with other spaces', 'PACKAGE_RECORD_INVALID', () => recordText((text) => ` ${text}`)],
  ['a record in another order', 'PACKAGE_RECORD_INVALID', () => recordText(withFilesReversed)],
  [
    'a build from what is not there',
    'PACKAGE_RECORD_INVALID',
    () => recordText((text) => text.replace('"inputs": []', inputNowhere)),
  ],
  ['a record for another version', 'PACKAGE_RECORD_INVALID', () => otherVersion()],
  ['a file that is not listed', 'PACKAGE_EXTRA_FILE', () => unlisted((all) => [...all, { name: 'x.ts' }])],
  ['a file that was taken out', 'PACKAGE_MISSING_FILE', () => unlisted((all) => all.filter(isNot('index.ts')))],
  ['a file that was changed', 'PACKAGE_FILE_CHANGED', () => unlisted(replaced('index.ts', { content: 'evil' }))],
  ['a file that became executable', 'PACKAGE_FILE_CHANGED', () => unlisted(replaced('index.ts', { mode: 0o755 }))],
  [
    'a manifest that asks for more',
    'PACKAGE_MANIFEST_CHANGED',
    () =>
      unlisted(
        replaced('plugin.yaml', { content: manifestText('permissions: { net: [{ url: "https://**", reason: x }] }') }),
      ),
  ],
  ['no manifest', 'PLUGIN_INVALID', () => packageOf(withRecord(sources.filter(isNot('plugin.yaml'))))],
  ['a manifest with a mistake', 'PLUGIN_INVALID', () => withManifest(manifestText('nmae: x'))],
  ['the manifest of a control node', 'PLUGIN_INVALID', () => withManifest(controlNode)],
];

/** Each made by programs that end tarballs, write headers or compress in other ways than packing does, which is the least of what is wrong. */
const foreign: readonly Attack[] = [
  ['a path out of the folder, by another tar', 'PACKAGE_PATH_TRAVERSAL', async () => await byAnotherTar('../x')],
  ['an absolute path, by another tar', 'PACKAGE_PATH_ABSOLUTE', async () => await byAnotherTar('/etc/x')],
  ['two cases of a name, by another tar', 'PACKAGE_NAME_COLLISION', async () => await byAnotherTar('INDEX.ts')],
  ['nothing worse than another tar', 'PACKAGE_HEADER', async () => await byAnotherTar('index.ts')],
  [
    'a file that is not listed, and a longer end',
    'PACKAGE_EXTRA_FILE',
    async () =>
      zipped(Buffer.concat([await tarballOf([...inOrder(withRecord(sources)), { name: 'zzz' }]), Buffer.alloc(8192)])),
  ],
  ['a link behind a folder', 'PACKAGE_SYMBOLIC_LINK', () => added({ name: 'a', type: 'directory' }, linkToEtc)],
  ['a bomb by another gzip', 'PACKAGE_TOO_LARGE', async () => gzipSync(Buffer.alloc(maxTarballBytes + 1))],
  ['files that are too long together', 'PACKAGE_TOO_LARGE', async () => zipped(await longFile())],
];

describe('a package is refused that has', () => {
  it.each([...paths, ...entries, ...forms, ...sizes, ...records, ...foreign])('%s (%s)', async (_what, code, bytes) => {
    await expect(openPackage(await bytes())).rejects.toMatchObject({ error: { code } });
  });

  it('nothing wrong: no, that one is opened', async () => {
    expect(await openPackage(await honest())).toMatchObject({ manifest: { name: 'acme-tool' } });
  });
});

const linkToEtc: TestEntry = { name: 'x', type: 'symlink', linkname: '/etc' };

/** Whose first file has this name, as GNU tar writes it. */
async function byAnotherTar(name: string): Promise<Buffer> {
  const all = withRecord(sources);
  const first = await tarballOf([{ ...all[0], name }]);
  const tarball = Buffer.concat([first.subarray(0, -1024), await tarballOf(all.slice(name === all[0]?.name ? 1 : 0))]);
  return zipped(withHeader(tarball, write('ustar  \0', 257)));
}

async function longFile(): Promise<Buffer> {
  return await tarballOf([{ name: 'x', content: 'x'.repeat(maxFolderBytes + 1) }]);
}

/** The end of a central directory, and nothing before it. */
const emptyZip = `504b0506${'00'.repeat(18)}`;

/** The honest package with one optional field of gzip's header, which has no bounds. */
async function withGzipField(flag: number, field: Buffer): Promise<Buffer> {
  const bytes = await honest();
  const header = Buffer.from(bytes.subarray(0, 10));
  header[3] = flag;
  return Buffer.concat([header, field, bytes.subarray(10)]);
}

const controlNode = 'name: acme-tool\nversion: 1.2.0\ndescription: x\nruntime: control\n';

const inputNowhere = `"inputs": [
      {
        "path": "go.sum",
        "sha256": "${'0'.repeat(64)}"
      }
    ]`;

function withFilesReversed(text: string): string {
  // The honest record.
  const record = JSON.parse(text) as { readonly files: readonly object[] };
  return `${JSON.stringify({ ...record, files: record.files.toReversed() }, undefined, 2)}\n`;
}

function isNot(name: string): (entry: TestEntry) => boolean {
  return (entry) => entry.name !== name;
}

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}

async function withManifest(content: string): Promise<Buffer> {
  return await packageOf(withRecord(replaced('plugin.yaml', { content })(sources)));
}

async function otherVersion(): Promise<Buffer> {
  return await packageOf(withRecord(sources, { name: 'acme-tool', version: '9.0.0' }));
}

async function longer(end: Buffer): Promise<Buffer> {
  return Buffer.concat([await tarballOf(withRecord(sources)), end]);
}

/** The first file's content ends before its block does. */
async function padded(): Promise<Buffer> {
  const tarball = await tarballOf(withRecord(sources));
  tarball.write('hidden', 1000);
  return zipped(tarball);
}

/** tar-stream would put names beyond ASCII into pax headers. */
async function twoNames(one: string, other: string): Promise<Buffer> {
  const tarballs = await Promise.all(
    [one, other].map(async (name) =>
      withHeader(await tarballOf([{ name: 'x' }]), (header) => void header.write(name, 0)),
    ),
  );
  const end = tarballs[0]?.subarray(-1024) ?? Buffer.alloc(0);
  return zipped(Buffer.concat([...tarballs.map((tarball) => tarball.subarray(0, 512)), end]));
}

async function composedTwice(): Promise<Buffer> {
  return await twoNames('caf\u00e9', 'cafe\u0301');
}

async function fullWidth(): Promise<Buffer> {
  return await twoNames('index.ts', '\uff49ndex.ts');
}

async function manyOf(entry: TestEntry): Promise<Buffer> {
  const header = (await tarballOf([entry])).subarray(0, 512);
  return Buffer.concat([...Array.from({ length: maxFiles + 1 }, () => header), Buffer.alloc(1024)]);
}
