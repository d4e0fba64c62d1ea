import { createHash } from 'node:crypto';
import { closeSync, fstatSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { CallFailure } from '../capability.ts';
import type { SelectionArgs } from '../fs/archive/selection.ts';
import { openWorkspaceInput } from '../workspace-file.ts';
import type { HostArgs } from './call.ts';
import { type Compare, digestOf, digestThere, sameSecond } from './compare.ts';
import type { SshCall } from './operation.ts';
import { type PlaceFinder, requirePlain } from './place.ts';
import type { RemoteEntry, RemoteFiles, RemoteHandle } from './remote-files.ts';
import { below, type RemotePath, remoteText } from './remote-path.ts';
import { blockBytes, pieceBytes, rewindBytes, type TransferMeter, writesAtOnce } from './transfer.ts';

/** Arguments of `ssh.upload`: `from` in the workspace, `to` on the other machine. */
export interface UploadArgs extends HostArgs, SelectionArgs {
  readonly from: string;
  readonly to: string;
  readonly resume?: boolean;
  readonly compare?: Compare;
  /** Permission bits of every file, instead of its own. */
  readonly mode?: number;
  /** Reads each file back before it gets its name. */
  readonly verify?: boolean;
  readonly links?: 'refuse' | 'skip';
  readonly max_bytes?: number;
}

/** An upload under way. */
export interface Sending {
  readonly call: SshCall<UploadArgs>;
  readonly files: RemoteFiles;
  readonly places: PlaceFinder;
  readonly meter: TransferMeter;
}

const readBytes = promisify(read);

/** Whether an upload tells what is there: by comparing, or by reading back. */
export function readsThere({ compare, verify }: UploadArgs): boolean {
  return compare !== undefined || verify === true;
}

/** Sends one workspace file, unless it is there already. `path` is where it lies from where the transfer began. */
export async function sendFile(
  { call, files, places, meter }: Sending,
  { from, to, path }: { readonly from: string; readonly to: RemotePath; readonly path: string },
): Promise<void> {
  const { authorized, scope, args } = call;
  if (readsThere(args)) places.require(to, 'read');
  const existing = await files.entry(to);
  if (existing !== undefined && requirePlain(to, existing).type === 'directory') {
    throw new CallFailure('FAILED', `\`${remoteText(to)}\` is a folder there, and is to be a file`);
  }
  meter.countFile();
  const { fd, bytes } = openWorkspaceInput(authorized, scope, from);
  try {
    meter.countBytes(bytes);
    const { mode, mtimeMs } = fstatSync(fd);
    const own = { fd, bytes, mode: args.mode ?? mode & 0o777, modified_ms: mtimeMs };
    const compared = existing === undefined ? { same: false } : await compareFiles(own, existing, { call, files, to });
    if (compared.same) return meter.unchanged({ path, ...compared });
    const sha256 = args.resume === true ? (compared.sha256 ?? (await digestOf(fd, bytes))) : undefined;
    const temporary = below({ base: to.base, names: to.names.slice(0, -1) }, temporaryName(call, sha256, to));
    // What is there of it stays for the next try, if there may be one.
    const forget = async (): Promise<void> => {
      if (args.resume !== true) await files.removeFile(temporary).catch(() => undefined);
    };
    call.connection.beforeAbort(forget);
    try {
      const content = { ...own, from, signal: call.signal, keeps: args };
      const sent = await sendContent(content, { files, temporary, resume: sha256 });
      call.signal.throwIfAborted();
      await files.rename(temporary, to);
      if (sent.start > 0) scope.audit.note({ resumed_from: sent.start });
      meter.done({ path, bytes, sha256: sent.sha256 });
    } catch (cause) {
      await forget();
      throw cause;
    }
  } finally {
    closeSync(fd);
  }
}

/** A workspace file that is open, as it is to be there. */
interface OwnFile {
  readonly fd: number;
  readonly bytes: number;
  readonly mode: number;
  readonly modified_ms: number;
}

/** Whether the file there is this one already, mode included. `sha256` is the workspace file's, where that had to be worked out. */
async function compareFiles(
  own: OwnFile,
  there: RemoteEntry,
  { call, files, to }: Pick<Sending, 'call' | 'files'> & { readonly to: RemotePath },
): Promise<{ readonly same: boolean; readonly sha256?: string }> {
  const { args, signal } = call;
  const { bytes } = own;
  if (args.compare === undefined || there.bytes !== bytes || there.mode !== own.mode) return { same: false };
  if (args.compare === 'time') return { same: sameSecond(there.modified_ms, own.modified_ms) };
  const sha256 = await digestOf(own.fd, bytes);
  return { same: sha256 === (await digestThere(files, to, { bytes, signal })), sha256 };
}

/** The same for the same content and place, where a later try is to find it; else one that nobody can guess. */
function temporaryName(call: SshCall<UploadArgs>, sha256: string | undefined, to: RemotePath): string {
  const id =
    sha256 === undefined
      ? Buffer.from(call.scope.random.bytes(12)).toString('hex')
      : createHash('sha256')
          .update(`${sha256} ${remoteText(to)}`)
          .digest('hex')
          .slice(0, 24);
  return `.waterflow-${id}.part`;
}

interface Content extends OwnFile {
  readonly from: string;
  readonly signal: AbortSignal;
  readonly keeps: Pick<UploadArgs, 'compare' | 'verify'>;
}

interface Target {
  readonly files: RemoteFiles;
  readonly temporary: RemotePath;
  /** The digest of the content, where an earlier try may have left some of it. */
  readonly resume: string | undefined;
}

/** Sends the content, or the rest of it from `start` on. */
async function sendContent(
  content: Content,
  target: Target,
): Promise<{ readonly sha256: string; readonly start: number }> {
  const { fd, bytes, from, signal, keeps } = content;
  const { handle, start } = await openTemporary(target, bytes);
  await using _closed = handle;
  const hash = createHash('sha256');
  const writes = writesAtOnce();
  const free: Buffer[] = [];
  let position = start;
  while (position < bytes) {
    signal.throwIfAborted();
    // Stays as it is until the server has it, and is used again then: to make one for each would hold memory until it is collected.
    const block = free.pop() ?? Buffer.allocUnsafeSlow(Math.min(blockBytes, bytes - position));
    const { bytesRead } = await readBytes(fd, block, 0, Math.min(block.length, bytes - position), position);
    if (bytesRead === 0) throw new CallFailure('FAILED', `\`${from}\` became shorter while it was sent`);
    hash.update(block.subarray(0, bytesRead));
    let unsent = Math.ceil(bytesRead / pieceBytes);
    const base = position;
    const send = async (start: number): Promise<void> => {
      await handle.write(block.subarray(start, Math.min(start + pieceBytes, bytesRead)), base + start);
      unsent -= 1;
      if (unsent === 0) free.push(block);
    };
    for (let start = 0; start < bytesRead; start += pieceBytes) await writes.start(send(start));
    position += bytesRead;
  }
  await writes.end();
  const sha256 = target.resume ?? hash.digest('hex');
  if (keeps.verify === true) await requireSame(content, target, sha256);
  await handle.setMode(content.mode);
  if (keeps.compare === 'time') await handle.setModified(content.modified_ms);
  await handle.close();
  const kept = await target.files.entry(target.temporary);
  if (kept?.bytes !== bytes) {
    throw new CallFailure('FAILED', `the server kept ${kept?.bytes ?? 0} of the ${bytes} bytes of \`${from}\``);
  }
  return { sha256, start };
}

/** Reads back what was sent. */
async function requireSame(content: Content, { files, temporary }: Target, sha256: string): Promise<void> {
  const there = await digestThere(files, temporary, content);
  if (there === sha256) return;
  throw new CallFailure('FAILED', `the server did not keep \`${content.from}\` as it was sent: read back, it differs`);
}

/** A new file; or what an earlier try left of this very content, which its name tells. */
async function openTemporary(
  { files, temporary, resume }: Target,
  bytes: number,
): Promise<{ readonly handle: RemoteHandle; readonly start: number }> {
  const left = resume === undefined ? undefined : await files.entry(temporary);
  if (left === undefined) return { handle: await files.open(temporary, 'wx'), start: 0 };
  if (left.type !== 'file' || left.bytes > bytes) {
    await files.removeFile(temporary);
    return { handle: await files.open(temporary, 'wx'), start: 0 };
  }
  return { handle: await files.open(temporary, 'r+'), start: Math.max(0, left.bytes - rewindBytes) };
}
