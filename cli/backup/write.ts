import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { link, lstat, mkdir, open, readdir, readlink, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import { WaterflowFailure } from '../../schemas/index.ts';
import { hasCode, storageFailure } from '../../storage/folder/failures.ts';
import { syncFolder } from '../../storage/folder/private-files.ts';
import { contentsOf, keyFiles, recordsFile, type StatePart } from './contents.ts';
import { copyAsItIs } from './copy.ts';
import {
  type BackupEntry,
  type BackupHeader,
  type BackupManifest,
  backupFormat,
  entryNames,
  type RecordsFacts,
} from './manifest.ts';
import { readRecords } from './records.ts';

/** What is backed up, and where to. */
export interface BackupRequest {
  readonly state: string;
  /** The archive. It isn't there before. */
  readonly out: string;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly keys: 'included' | 'left out';
  /** Told of each thing that was done, in order. For tests, which stop there. */
  readonly reached?: (what: string) => void;
}

/** A backup that was made. */
export interface WrittenBackup {
  readonly manifest: BackupManifest;
  readonly bytes: number;
  readonly sha256: string;
}

/** Little memory, and much faster than the default; databases are half empty. */
const compression = { level: 3 };

/**
 * Backs a state folder up that may be in use, into one file: a tar archive, compressed by gzip, for its owner's eyes only. The file is there
 * when it is whole and on the disk, or not at all; what a backup leaves behind that was killed, the next one to the same file removes.
 */
export async function writeBackup(request: BackupRequest): Promise<WrittenBackup> {
  const { out, reached = () => {} } = request;
  await removeLeftovers(out);
  const draft = join(dirname(out), `${draftPrefix(out)}${process.pid}`);
  try {
    await mkdir(draft, { mode: 0o700 });
    const archive = join(draft, 'archive');
    const manifest = await writeArchive({ ...request, archive, copy: join(draft, 'copy') });
    reached('archive');
    const { size } = await stat(archive);
    const sha256 = await digestOf(archive);
    // Unlike a rename, a link takes nobody's place.
    await link(archive, out);
    syncFolder(dirname(out));
    reached('link');
    return { manifest, bytes: size, sha256 };
  } catch (cause) {
    throw hasCode(cause, 'EEXIST') ? isThere(out) : storageFailure(cause, { doing: 'write the backup', file: out });
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function writeArchive(
  request: BackupRequest & { readonly archive: string; readonly copy: string },
): Promise<BackupManifest> {
  const { archive, reached = () => {}, version, now } = request;
  const header: BackupHeader = { format: backupFormat, version, created_at: now };
  const tar = pack();
  const written = pipeline(tar, createGzip(compression), createWriteStream(archive, { mode: 0o600 }));
  const adding = (async () => {
    await addText(tar, entryNames.header, header);
    const manifest = { ...header, state: request.state, ...(await addState(tar, request)) };
    await addText(tar, entryNames.manifest, manifest);
    tar.finalize();
    return manifest;
  })();
  adding.catch((cause: unknown) => tar.destroy(cause instanceof Error ? cause : new Error(String(cause))));
  const [manifest] = await Promise.all([adding, written]);
  await using handle = await open(archive, 'r');
  await handle.sync();
  reached('synced');
  return manifest;
}

type Contents = Omit<BackupManifest, keyof BackupHeader | 'state'>;

async function addState(
  tar: Pack,
  { state, copy, keys, reached = () => {} }: BackupRequest & { readonly copy: string },
): Promise<Contents> {
  const entries: BackupEntry[] = [];
  const skipped: { readonly path: string; readonly reason: string }[] = [];
  const found: string[] = [];
  let records: RecordsFacts | undefined;
  for (const part of contentsOf(state)) {
    const isKey = keyFiles.includes(basename(part.path)) && !part.path.includes('/work/');
    if (isKey) found.push(part.path);
    if (isKey && keys === 'left out') continue;
    try {
      const entry = await copied(part, { state, copy });
      if (part.path === recordsFile) records = readRecords(copy);
      entries.push(await add(tar, entry, copy));
    } catch (cause) {
      const reason = skippable(part.path, cause);
      if (reason === undefined) throw cause;
      skipped.push({ path: part.path, reason });
    }
    await rm(copy, { force: true });
    reached(part.path);
  }
  const sorted = { included: keys === 'included' ? found : [], left_out: keys === 'included' ? [] : found };
  return { entries, skipped, keys: sorted, ...(records === undefined ? {} : { records }) };
}

type Copied =
  | Exclude<BackupEntry, { kind: 'file' }>
  | { readonly path: string; readonly kind: 'file'; readonly mode: number };

/** Files as a copy; of what is no file there is nothing to copy. */
async function copied(
  { path, kind }: StatePart,
  { state, copy }: { readonly state: string; readonly copy: string },
): Promise<Copied> {
  const file = join(state, path);
  if (kind === 'link') return { path, kind, target: await readlink(file) };
  if (kind === 'folder') return { path, kind, mode: (await lstat(file)).mode & 0o7777 };
  const { mode } = await copyAsItIs(file, copy);
  return { path, kind, mode: mode & 0o7777 };
}

async function add(tar: Pack, entry: Copied, copy: string): Promise<BackupEntry> {
  const name = `${entryNames.state}${entry.path}`;
  if (entry.kind === 'link') {
    await ended(tar, { name, type: 'symlink', linkname: entry.target });
    return entry;
  }
  if (entry.kind === 'folder') {
    await ended(tar, { name: `${name}/`, type: 'directory', mode: entry.mode });
    return entry;
  }
  const { size } = await stat(copy);
  const hash = createHash('sha256');
  const added = Promise.withResolvers<void>();
  const sink = tar.entry({ name, size, mode: entry.mode, type: 'file' }, (cause) =>
    cause ? added.reject(cause) : added.resolve(),
  );
  const source = createReadStream(copy);
  source.on('data', (chunk) => hash.update(chunk));
  await Promise.all([pipeline(source, sink), added.promise]);
  return { ...entry, size, sha256: hash.digest('hex') };
}

function ended(tar: Pack, header: Parameters<Pack['entry']>[0], content?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (cause?: Error | null): void => (cause ? reject(cause) : resolve());
    if (content === undefined) tar.entry(header, done);
    else tar.entry(header, content, done);
  });
}

function addText(tar: Pack, name: string, content: object): Promise<void> {
  return ended(tar, { name, mode: 0o600 }, `${JSON.stringify(content)}\n`);
}

/** Why it is left out, where a backup is still worth having without it: it went meanwhile, or a step made it unreadable. */
function skippable(path: string, cause: unknown): string | undefined {
  if (hasCode(cause, 'ENOENT')) return 'it went meanwhile';
  if (hasCode(cause, 'ELOOP')) return 'it became a link meanwhile';
  return hasCode(cause, 'EACCES') && path.includes('/work/') ? 'this user may not read it' : undefined;
}

function draftPrefix(out: string): string {
  return `.${basename(out)}.partial-`;
}

/** Drafts of processes that are gone. */
async function removeLeftovers(out: string): Promise<void> {
  const prefix = draftPrefix(out);
  try {
    const names = (await readdir(dirname(out))).filter((name) => name.startsWith(prefix));
    const stale = names.filter((name) => !isAlive(Number(name.slice(prefix.length))));
    for (const name of stale) await rm(join(dirname(out), name), { recursive: true, force: true });
  } catch (cause) {
    throw storageFailure(cause, { doing: 'write the backup', file: out });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (cause) {
    return !hasCode(cause, 'ESRCH');
  }
}

/** SHA-256 of a file, in hexadecimal. */
export async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

function isThere(out: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'CONFLICT',
    message: `${out} is there already`,
    remedy: 'Name a file that is not there yet: a backup never takes the place of another one.',
    file: out,
  });
}
