import { createHash } from 'node:crypto';
import { closeSync, createReadStream, fstatSync, read } from 'node:fs';
import { promisify } from 'node:util';
import type { Json } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';
import { findEntry } from '../fs/workspace.ts';
import { walk } from '../fs/tree.ts';
import { namesOf } from '../fs/operation.ts';
import { openWorkspaceInput } from '../workspace-file.ts';
import { type HostArgs, remotePathSchema } from './call.ts';
import { makeFolders, openFiles, pathNeed } from './file-operations.ts';
import type { MakeSshOperation, SshCall, SshOperation } from './operation.ts';
import { requirePlain } from './place.ts';
import type { RemoteFiles, RemoteHandle } from './remote-files.ts';
import { below, type RemotePath, remoteText } from './remote-path.ts';
import { pieceBytes, startMeter, type TransferMeter, writesAtOnce } from './transfer.ts';

/** Arguments of `ssh.upload`: `from` in the workspace, `to` on the other machine. */
interface UploadArgs extends HostArgs {
  readonly from: string;
  readonly to: string;
  readonly resume?: boolean;
  readonly links?: 'refuse' | 'skip';
  readonly max_bytes?: number;
}

const transferTimeoutMs = 1_800_000;
/** Sent again when a transfer goes on: what the server had last it may have lost when it was switched off. */
const rewindBytes: number = 1024 * 1024;

const readBytes = promisify(read);

/** Sends a workspace file, or a folder with all that is in it. Each file appears there whole, or not at all. */
export function uploadOperation(make: MakeSshOperation): SshOperation<UploadArgs> {
  return make<UploadArgs>({
    required: ['from', 'to'],
    properties: {
      from: remotePathSchema,
      to: remotePathSchema,
      resume: { type: 'boolean' },
      links: { enum: ['refuse', 'skip'] },
      max_bytes: { type: 'integer', minimum: 0, maximum: 1024 ** 4 },
    },
    needs: ({ to }) => [pathNeed('write', to)],
    timeout_ms: transferTimeoutMs,
    prepare: ({ args, authorized, scope }) => {
      // A folder's files are asked for one by one, when they are sent.
      if (isFolder(args, scope)) requireReadable(authorized, args.from);
      else closeSync(openWorkspaceInput(authorized, scope, args.from).fd);
    },
    perform: sendAll,
  });
}

function isFolder({ from }: UploadArgs, scope: SshCall<UploadArgs>['scope']): boolean {
  const names = namesOf(from);
  if (names.length === 0) return true;
  using entry = findEntry(scope.workspace, names);
  if (entry === undefined) throw new CallFailure('NOT_FOUND', `\`${from}\` does not exist`);
  return entry.stats.isDirectory();
}

/** That the plugin may look into the folder: what fs needs to list it. */
function requireReadable(authorized: SshCall<UploadArgs>['authorized'], path: string): void {
  const answer = authorized.implied({ capability: 'fs', operation: 'list', args: { path } });
  if (answer.kind === 'allowed') return;
  const { message, rule, remedy } = answer.denial;
  throw new CallFailure('DENIED', message, { rule, remedy });
}

async function sendAll(call: SshCall<UploadArgs>): Promise<Json> {
  const { args, scope, effective } = call;
  const { files, places } = await openFiles(call);
  const target = await places.find(args.to, 'write');
  const meter = startMeter(effective.limits, args.max_bytes);
  const sending: Sending = { call, files, meter };
  await makeFolders(files, target);
  if (!isFolder(args, scope)) {
    await sendFile(sending, { from: args.from, to: target.real, path: args.from });
    scope.audit.note({ ...meter.facts() });
    return meter.answer('file');
  }
  const start = namesOf(args.from);
  const placeOf = (names: readonly string[]): RemotePath => below(target.real, ...names.slice(start.length));
  await requireFolder(files, target.real);
  // The walk is over before anything is sent: it holds a descriptor for each folder on the way.
  const found: { readonly names: readonly string[]; readonly folder: boolean }[] = [];
  await walk({ workspace: scope.workspace, start }, scope, {
    enter: ({ names }) => {
      found.push({ names, folder: true });
      return true;
    },
    visit({ names, entry }) {
      if (entry.stats.isSymbolicLink() && args.links === 'skip') return;
      found.push({ names, folder: false });
    },
  });
  for (const { names, folder } of found) {
    const to = placeOf(names);
    places.require(to, 'write');
    if (folder) await requireFolder(files, to);
    else await sendFile(sending, { from: names.join('/'), to, path: names.slice(start.length).join('/') });
  }
  scope.audit.note({ ...meter.facts() });
  return meter.answer('folder');
}

interface Sending {
  readonly call: SshCall<UploadArgs>;
  readonly files: RemoteFiles;
  readonly meter: TransferMeter;
}

/** Makes the folder unless it is there. */
async function requireFolder(files: RemoteFiles, path: RemotePath): Promise<void> {
  const entry = await files.entry(path);
  if (entry === undefined) await files.makeFolder(path);
  else if (requirePlain(path, entry).type !== 'directory') {
    throw new CallFailure('FAILED', `\`${remoteText(path)}\` is a file there, and is to be a folder`);
  }
}

async function sendFile(
  { call, files, meter }: Sending,
  { from, to, path }: { readonly from: string; readonly to: RemotePath; readonly path: string },
): Promise<void> {
  const { authorized, scope, args } = call;
  const existing = await files.entry(to);
  if (existing !== undefined && requirePlain(to, existing).type === 'directory') {
    throw new CallFailure('FAILED', `\`${remoteText(to)}\` is a folder there, and is to be a file`);
  }
  meter.countFile();
  const { fd, bytes } = openWorkspaceInput(authorized, scope, from);
  try {
    meter.countBytes(bytes);
    const mode = fstatSync(fd).mode & 0o777;
    const sha256 = args.resume === true ? await digestOf(fd, bytes) : undefined;
    const temporary = below({ base: to.base, names: to.names.slice(0, -1) }, temporaryName(call, sha256, to));
    // What is there of it stays for the next try, if there may be one.
    const forget = async (): Promise<void> => {
      if (args.resume !== true) await files.removeFile(temporary).catch(() => undefined);
    };
    call.connection.beforeAbort(forget);
    try {
      const content = { fd, bytes, mode, from, signal: call.signal };
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

interface Content {
  readonly fd: number;
  readonly bytes: number;
  readonly mode: number;
  readonly from: string;
  readonly signal: AbortSignal;
}

/** Sends the content, or the rest of it from `start` on. */
async function sendContent(
  { fd, bytes, mode, from, signal }: Content,
  target: { readonly files: RemoteFiles; readonly temporary: RemotePath; readonly resume: string | undefined },
): Promise<{ readonly sha256: string; readonly start: number }> {
  const { handle, start } = await openTemporary(target, bytes);
  await using _closed = handle;
  const hash = createHash('sha256');
  const writes = writesAtOnce();
  let position = start;
  while (position < bytes) {
    signal.throwIfAborted();
    // Its own buffer, which stays as it is until the server has it.
    const piece = Buffer.alloc(Math.min(pieceBytes, bytes - position));
    const { bytesRead } = await readBytes(fd, piece, 0, piece.length, position);
    if (bytesRead === 0) throw new CallFailure('FAILED', `\`${from}\` became shorter while it was sent`);
    const read = piece.subarray(0, bytesRead);
    hash.update(read);
    await writes.start(handle.write(read, position));
    position += bytesRead;
  }
  await writes.end();
  await handle.setMode(mode);
  await handle.close();
  const kept = await target.files.entry(target.temporary);
  if (kept?.bytes !== bytes) {
    throw new CallFailure('FAILED', `the server kept ${kept?.bytes ?? 0} of the ${bytes} bytes of \`${from}\``);
  }
  return { sha256: target.resume ?? hash.digest('hex'), start };
}

/** A new file; or what an earlier try left of this very content, which its name tells. */
async function openTemporary(
  target: { readonly files: RemoteFiles; readonly temporary: RemotePath; readonly resume: string | undefined },
  bytes: number,
): Promise<{ readonly handle: RemoteHandle; readonly start: number }> {
  const { files, temporary, resume } = target;
  const left = resume === undefined ? undefined : await files.entry(temporary);
  if (left === undefined) return { handle: await files.open(temporary, 'wx'), start: 0 };
  if (left.type !== 'file' || left.bytes > bytes) {
    await files.removeFile(temporary);
    return { handle: await files.open(temporary, 'wx'), start: 0 };
  }
  return { handle: await files.open(temporary, 'r+'), start: Math.max(0, left.bytes - rewindBytes) };
}

async function digestOf(fd: number, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  if (bytes === 0) return hash.digest('hex');
  const content: AsyncIterable<Buffer> = createReadStream('', { fd, start: 0, end: bytes - 1, autoClose: false });
  for await (const chunk of content) hash.update(chunk);
  return hash.digest('hex');
}
