import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import type { PackagedFile, PackageRecord, Provenance } from '../../schemas/generated/package-record.ts';
import recordSchema from '../../schemas/package-record.schema.json' with { type: 'json' };
import { firstMisfit } from '../documents/schema-check.ts';
import type { PluginFile } from '../manifest/folder.ts';
import { manifestFile } from '../manifest/load.ts';
import { quoted } from './header.ts';
import { maxRecordBytes } from './limits.ts';
import { refused } from './refused.ts';

/** The one file of a package that packing adds. */
export const recordFile = 'waterflow-package.json';

/** Files that say from which dependencies a plugin is built, by their last name. */
const lockFiles: ReadonlySet<string> = new Set([
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'yarn.lock',
  'Cargo.lock',
  'go.sum',
]);

/** What the packer knows and the files don't say. Not the version of Node: nothing in a package depends on it, its digest shall not either. */
export interface PackedFrom extends Pick<Provenance, 'source'> {
  readonly builder: { readonly waterflow: string };
}

/** The record of these files, which are sorted by path. No time, machine or folder is in it. */
export function makeRecord(
  { name, version }: { readonly name: string; readonly version: string },
  files: readonly PluginFile[],
  { source, builder }: PackedFrom,
): PluginFile {
  const listed = files.map(listedAs);
  const inputs = listed
    .filter(({ path }) => lockFiles.has(path.slice(path.lastIndexOf('/') + 1)))
    .map(({ path, sha256 }) => ({ path, sha256 }));
  const record: PackageRecord = {
    format: 'waterflow-package/1',
    name,
    version,
    files: listed,
    provenance: { ...(source === undefined ? {} : { source }), builder, inputs },
  };
  return { path: recordFile, executable: false, bytes: Buffer.from(textOf(record)) };
}

/** The record among the files of a package, and each file as the record lists it. Throws the codes of records and files. */
export function readRecord(files: readonly PluginFile[]): PackageRecord {
  const record = parseRecord(files.find(({ path }) => path === recordFile));
  const others = new Map(files.filter(({ path }) => path !== recordFile).map((file) => [file.path, file]));
  for (const listed of record.files) {
    const file = others.get(listed.path);
    if (file === undefined) {
      throw refused('PACKAGE_MISSING_FILE', `${quoted(listed.path)} is in the record and not in the package`);
    }
    requireSame(listed, file);
    others.delete(listed.path);
  }
  const [extra] = others.keys();
  if (extra !== undefined) throw refused('PACKAGE_EXTRA_FILE', `${quoted(extra)} is not in the package's record`);
  requireInputs(record);
  return record;
}

/** What is said of a build's inputs is about files that are there. Which files count as such may differ between versions of ours. */
function requireInputs({ files, provenance }: PackageRecord): void {
  const digests = new Map(files.map(({ path, sha256 }) => [path, sha256]));
  const wrong = provenance.inputs.find(({ path, sha256 }) => digests.get(path) !== sha256);
  if (wrong === undefined) return;
  throw refused('PACKAGE_RECORD_INVALID', `${recordFile}: the input ${quoted(wrong.path)} is no file of the package`);
}

function requireSame(listed: PackagedFile, file: PluginFile): void {
  const found = listedAs(file);
  if (found.sha256 === listed.sha256 && found.size === listed.size && found.executable === listed.executable) return;
  throw refused(
    listed.path === manifestFile ? 'PACKAGE_MANIFEST_CHANGED' : 'PACKAGE_FILE_CHANGED',
    `${quoted(listed.path)} is not the file that was packed`,
  );
}

function parseRecord(file: PluginFile | undefined): PackageRecord {
  if (file === undefined) throw refused('PACKAGE_RECORD_INVALID', `the package has no ${recordFile}`);
  if (file.bytes.length > maxRecordBytes || !isUtf8(file.bytes)) {
    throw refused('PACKAGE_RECORD_INVALID', `${recordFile} is no text of at most ${maxRecordBytes} bytes`);
  }
  const text = file.bytes.toString('utf8');
  const value = parsed(text);
  const misfit = firstMisfit(recordSchema, value);
  if (misfit !== undefined) throw refused('PACKAGE_RECORD_INVALID', `${recordFile}: ${misfit.message}`);
  // It fits the schema, from which the type is made.
  const record = value as PackageRecord;
  // Also says that no key is there twice.
  if (textOf(inOrder(record)) !== text) {
    throw refused('PACKAGE_RECORD_INVALID', `${recordFile} is not written as packing writes it`);
  }
  return record;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refused('PACKAGE_RECORD_INVALID', `${recordFile} is not JSON`, cause);
  }
}

/** The same with its keys and files in our order. */
function inOrder({ format, name, version, files, provenance }: PackageRecord): PackageRecord {
  const { source, builder, inputs } = provenance;
  return {
    format,
    name,
    version,
    files: files
      .map(({ path, size, executable, sha256 }) => ({ path, size, executable, sha256 }))
      .sort((left, right) => (left.path < right.path ? -1 : 1)),
    provenance: {
      ...(source === undefined ? {} : { source: { commit: source.commit, clean: source.clean } }),
      builder: { waterflow: builder.waterflow, ...(builder.node === undefined ? {} : { node: builder.node }) },
      inputs: inputs.map(({ path, sha256 }) => ({ path, sha256 })),
    },
  };
}

function textOf(record: PackageRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

function listedAs({ path, bytes, executable }: PluginFile): PackagedFile {
  return { path, size: bytes.length, executable, sha256: hash('sha256', bytes) };
}
