import { createHash, type Hash } from 'node:crypto';
import { closeSync, createReadStream, fchmodSync, fstatSync, futimesSync, renameSync, rmSync } from 'node:fs';
import { CallFailure } from '../capability.ts';
import type { SelectionArgs } from '../fs/archive/selection.ts';
import { errorCode } from '../fs/descriptor-folder.ts';
import type { Folder } from '../fs/folder.ts';
import { namesOf } from '../fs/operation.ts';
import { findEntry, openFile, openFolder } from '../fs/workspace.ts';
import { openWorkspaceInput, startWorkspaceOutput, type WorkspaceOutput } from '../workspace-file.ts';
import type { HostArgs } from './call.ts';
import { type Compare, digestOf, sameSecond } from './compare.ts';
import type { SshCall } from './operation.ts';
import type { RemoteEntry, RemoteFiles } from './remote-files.ts';
import { type RemotePath, remoteText } from './remote-path.ts';
import { blocksInOrder, rewindBytes, type TransferMeter } from './transfer.ts';

/** Arguments of `ssh.download`: `from` on the other machine, `to` in the workspace. */
export interface DownloadArgs extends HostArgs, SelectionArgs {
  readonly from: string;
  readonly to: string;
  readonly sha256?: string;
  readonly resume?: boolean;
  readonly compare?: Compare;
  readonly links?: 'refuse' | 'skip';
  readonly max_bytes?: number;
}

/** A download under way. */
export interface Fetching {
  readonly call: SshCall<DownloadArgs>;
  readonly files: RemoteFiles;
  readonly meter: TransferMeter;
}

/** A file that is to be fetched. */
export interface FetchedFile {
  readonly from: RemotePath;
  readonly entry: RemoteEntry;
  /** In the workspace. */
  readonly to: string;
  /** As the digest of a folder names it. */
  readonly path: string;
}

/** Fetches one file, unless it is here already. */
export async function fetchFile({ call, files, meter }: Fetching, file: FetchedFile): Promise<void> {
  const { args, authorized, scope } = call;
  meter.countFile();
  const here = await compareFiles(call, file);
  if (here.same) return meter.unchanged({ path: file.path, ...here });
  await using source = await files.open(file.from, 'r');
  const kept = args.resume === true ? partOf(file, args) : undefined;
  // Begun first, so that nothing is fetched for a place that may not be written.
  const output = startWorkspaceOutput(authorized, scope, kept ?? file.to);
  const hash = createHash('sha256');
  let position = 0;
  let changed = false;
  try {
    if (kept !== undefined) position = await takeOver(call, { kept, file, output, hash });
    meter.countBytes(position);
    if (position > 0) scope.audit.note({ resumed_from: position });
    const place = { from: position, expected: file.entry.bytes };
    for await (const block of blocksInOrder(place, (at, into) => source.read(at, into))) {
      meter.countBytes(block.length);
      hash.update(block);
      await output.write(block);
      position += block.length;
    }
    if (kept !== undefined && args.sha256 === undefined) changed = await wasChanged(files, file, position);
  } catch (cause) {
    // What came so far is for the next try, if there may be one.
    if (kept === undefined) output.discard();
    else output.commit();
    throw cause;
  }
  const sha256 = hash.digest('hex');
  const wrong = changed
    ? 'was changed there while it was fetched'
    : args.sha256 !== undefined && args.sha256 !== sha256
      ? `has the SHA-256 ${sha256}, not ${args.sha256}`
      : undefined;
  if (wrong !== undefined) {
    output.discard();
    if (kept !== undefined) inFolderOf(call, kept, (folder, name) => rmSync(folder.at(name), { force: true }));
    throw new CallFailure('FAILED', `\`${remoteText(file.from)}\` ${wrong}: nothing of it was kept`);
  }
  output.commit();
  if (kept !== undefined) {
    const name = namesOf(file.to).at(-1) ?? '';
    inFolderOf(call, kept, (folder, part) => renameSync(folder.at(part), folder.at(name)));
  }
  settleFile(call, file);
  meter.done({ path: file.path, bytes: position, sha256 });
}

/**
 * Whether the workspace has this file already: by time, or by the digest that the call names; without one nothing but fetching it would
 * tell. Throws DENIED where fs doesn't let the plugin read it.
 */
async function compareFiles(
  { args, authorized, scope }: SshCall<DownloadArgs>,
  { entry, to }: FetchedFile,
): Promise<{ readonly same: boolean; readonly sha256?: string }> {
  if (args.compare === undefined || (args.compare === 'checksum' && args.sha256 === undefined)) return { same: false };
  {
    using found = findEntry(scope.workspace, namesOf(to));
    if (found?.stats.isFile() !== true) return { same: false };
  }
  const { fd, bytes } = openWorkspaceInput(authorized, scope, to);
  try {
    const { mode, mtimeMs } = fstatSync(fd);
    if (bytes !== entry.bytes || isExecutable(mode) !== isExecutable(entry.mode)) return { same: false };
    if (args.compare === 'time') return { same: sameSecond(mtimeMs, entry.modified_ms) };
    const sha256 = await digestOf(fd, bytes);
    return { same: sha256 === args.sha256, sha256 };
  } finally {
    closeSync(fd);
  }
}

function isExecutable(mode: number): boolean {
  return (mode & 0o111) !== 0;
}

/** Does something to a workspace file by its name in the folder that it lies in. Both names were granted before. */
function inFolderOf({ scope }: SshCall<DownloadArgs>, path: string, act: (folder: Folder, name: string) => void): void {
  const names = namesOf(path);
  using folder = openFolder(scope.workspace, names.slice(0, -1), 'fail');
  try {
    act(folder, names.at(-1) ?? '');
  } catch (cause) {
    throw new CallFailure('FAILED', `\`${path}\` can't be put in its place (${errorCode(cause) ?? 'unknown'})`);
  }
}

/** Gives a file that has come the execute bits that it has there, and its time where files are compared by that. */
function settleFile({ scope, args }: SshCall<DownloadArgs>, { entry, to }: FetchedFile): void {
  const timed = args.compare === 'time';
  if (!isExecutable(entry.mode) && !timed) return;
  const { fd, mode } = openFile(scope.workspace, namesOf(to), 'read');
  try {
    if (isExecutable(entry.mode)) fchmodSync(fd, (mode & 0o777) | 0o111);
    if (timed) futimesSync(fd, entry.modified_ms / 1000, entry.modified_ms / 1000);
  } finally {
    closeSync(fd);
  }
}

/**
 * Where a download that may be resumed keeps what it has. Without a digest its name tells the size and the time of the file there, so
 * that what is kept of one file is never taken for the beginning of another.
 */
function partOf({ from, entry, to }: FetchedFile, { host, sha256 }: DownloadArgs): string {
  if (sha256 !== undefined) return `${to}.part`;
  const told = JSON.stringify([host, remoteText(from), entry.bytes, entry.modified_ms]);
  return `${to}.${createHash('sha256').update(told).digest('hex').slice(0, 16)}.part`;
}

/** Whether the file there is another one by now, as its size and time tell: what was kept may be of the former one. */
async function wasChanged(files: RemoteFiles, { from, entry }: FetchedFile, bytes: number): Promise<boolean> {
  const now = await files.entry(from);
  return now?.bytes !== bytes || bytes !== entry.bytes || now.modified_ms !== entry.modified_ms;
}

/** Begins with what an earlier try kept; how much that was. Its digest is part of the whole one, so that `sha256` checks it too. */
async function takeOver(
  call: SshCall<DownloadArgs>,
  {
    kept,
    file,
    output,
    hash,
  }: { readonly kept: string; readonly file: FetchedFile; readonly output: WorkspaceOutput; readonly hash: Hash },
): Promise<number> {
  {
    using entry = findEntry(call.scope.workspace, namesOf(kept));
    if (entry === undefined || entry.stats.size > file.entry.bytes) return 0;
  }
  const { fd, bytes } = openWorkspaceInput(call.authorized, call.scope, kept);
  const used = call.args.sha256 === undefined ? bytes - rewindBytes : bytes;
  if (used <= 0) {
    closeSync(fd);
    return 0;
  }
  // The stream closes what it reads, at its end or when it is left.
  const content: AsyncIterable<Buffer> = createReadStream('', { fd, end: used - 1 });
  let taken = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    await output.write(chunk);
    taken += chunk.length;
  }
  return taken;
}
