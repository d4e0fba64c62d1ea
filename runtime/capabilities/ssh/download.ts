import { createHash, type Hash } from 'node:crypto';
import { closeSync, createReadStream, fchmodSync, renameSync, rmSync } from 'node:fs';
import type { Json } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';
import { harmless } from '../harmless.ts';
import { errorCode } from '../fs/descriptor-folder.ts';
import type { Folder } from '../fs/folder.ts';
import { namesOf } from '../fs/operation.ts';
import { findEntry, openFile, openFolder } from '../fs/workspace.ts';
import {
  openWorkspaceInput,
  requireWorkspaceOutput,
  startWorkspaceOutput,
  type WorkspaceOutput,
} from '../workspace-file.ts';
import { type HostArgs, remotePathSchema } from './call.ts';
import { openFiles, pathNeed, requireThere } from './file-operations.ts';
import type { MakeSshOperation, SshCall, SshOperation } from './operation.ts';
import { requirePlain } from './place.ts';
import { type RemoteEntry, type RemoteFiles, walkRemote } from './remote-files.ts';
import type { RemotePath } from './remote-path.ts';
import { piecesInOrder, startMeter, type TransferMeter } from './transfer.ts';

/** Arguments of `ssh.download`: `from` on the other machine, `to` in the workspace. */
interface DownloadArgs extends HostArgs {
  readonly from: string;
  readonly to: string;
  readonly sha256?: string;
  readonly resume?: boolean;
  readonly links?: 'refuse' | 'skip';
  readonly max_bytes?: number;
}

const transferTimeoutMs = 1_800_000;
/** Entries of folders that one call walks over. */
const maxWalkedEntries = 100_000;

/** Fetches a file, or a folder with all that is in it, into the workspace. Each file appears there whole, or not at all. */
export function downloadOperation(make: MakeSshOperation): SshOperation<DownloadArgs> {
  return make<DownloadArgs>({
    required: ['from', 'to'],
    properties: {
      from: remotePathSchema,
      to: remotePathSchema,
      sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
      resume: { type: 'boolean' },
      links: { enum: ['refuse', 'skip'] },
      max_bytes: { type: 'integer', minimum: 0, maximum: 1024 ** 4 },
    },
    needs: ({ from }) => [pathNeed('read', from)],
    timeout_ms: transferTimeoutMs,
    prepare({ args, authorized }) {
      if (args.resume === true && args.sha256 === undefined) {
        throw new CallFailure('INVALID_ARGUMENTS', '`resume` needs `sha256`: the file there may be another one by now');
      }
      requireWorkspaceOutput(authorized, args.to);
    },
    perform: fetchAll,
  });
}

async function fetchAll(call: SshCall<DownloadArgs>): Promise<Json> {
  const { args, scope, effective } = call;
  const { files, places } = await openFiles(call);
  const place = await places.find(args.from, 'read');
  const entry = requirePlain(place.real, requireThere(place, args.from));
  const meter = startMeter(effective.limits, args.max_bytes);
  const fetching: Fetching = { call, files, meter };
  if (entry.type === 'file') {
    await fetchFile(fetching, { from: place.real, entry, to: args.to, path: args.from });
    scope.audit.note({ ...meter.facts() });
    return meter.answer('file');
  }
  if (args.sha256 !== undefined) {
    throw new CallFailure('INVALID_ARGUMENTS', `\`${args.from}\` is a folder: \`sha256\` is for one file`);
  }
  for await (const { path, entry: found, when } of walkRemote(files, place.real, { entries: maxWalkedEntries })) {
    if (when === 'after' || (found.type === 'symlink' && args.links === 'skip')) continue;
    places.require(path, 'read');
    // Each of these is a name of its own: a server that says `..` was refused where it said so.
    const names = path.names.slice(place.real.names.length);
    requireShown(names.at(-1) ?? '');
    if (requirePlain(path, found).type === 'directory') continue;
    await fetchFile(fetching, {
      from: path,
      entry: found,
      to: [...namesOf(args.to), ...names].join('/'),
      path: names.join('/'),
    });
  }
  scope.audit.note({ ...meter.facts() });
  return meter.answer('folder');
}

/** A server's own words: none becomes a file here that a terminal would act on, or show as another. */
function requireShown(name: string): void {
  if (!/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u.test(name)) return;
  throw new CallFailure(
    'FAILED',
    `the folder there holds \`${harmless(name)}\`, whose name has characters that aren't shown`,
    {
      rule: 'ssh: no file is made here whose name steers a terminal',
      remedy: 'Rename it there, or fetch the other files one by one.',
    },
  );
}

interface Fetching {
  readonly call: SshCall<DownloadArgs>;
  readonly files: RemoteFiles;
  readonly meter: TransferMeter;
}

interface FetchedFile {
  readonly from: RemotePath;
  readonly entry: RemoteEntry;
  /** In the workspace. */
  readonly to: string;
  /** As the digest of a folder names it. */
  readonly path: string;
}

async function fetchFile({ call, files, meter }: Fetching, file: FetchedFile): Promise<void> {
  const { args, authorized, scope } = call;
  meter.countFile();
  await using source = await files.open(file.from, 'r');
  const kept = args.resume === true ? partOf(file.to) : undefined;
  // Begun first, so that nothing is fetched for a place that may not be written.
  const output = startWorkspaceOutput(authorized, scope, kept ?? file.to);
  const hash = createHash('sha256');
  let position = 0;
  try {
    if (kept !== undefined) position = await takeOver(call, { kept, most: file.entry.bytes, output, hash });
    meter.countBytes(position);
    for await (const piece of piecesInOrder(position, (at, length) => source.read(at, length))) {
      meter.countBytes(piece.length);
      hash.update(piece);
      await output.write(piece);
      position += piece.length;
    }
  } catch (cause) {
    // What came so far is for the next try, if there may be one.
    if (kept === undefined) output.discard();
    else output.commit();
    throw cause;
  }
  const sha256 = hash.digest('hex');
  if (args.sha256 !== undefined && args.sha256 !== sha256) {
    output.discard();
    if (kept !== undefined) inFolderOf(call, kept, (folder, name) => rmSync(folder.at(name), { force: true }));
    throw new CallFailure(
      'FAILED',
      `\`${args.from}\` has the SHA-256 ${sha256}, not ${args.sha256}: nothing of it was kept`,
    );
  }
  output.commit();
  if (kept !== undefined) {
    const name = namesOf(file.to).at(-1) ?? '';
    inFolderOf(call, kept, (folder, part) => renameSync(folder.at(part), folder.at(name)));
  }
  if ((file.entry.mode & 0o111) !== 0) makeExecutable(call, file.to);
  meter.done({ path: file.path, bytes: position, sha256 });
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

function makeExecutable({ scope }: SshCall<DownloadArgs>, path: string): void {
  const { fd, mode } = openFile(scope.workspace, namesOf(path), 'read');
  try {
    fchmodSync(fd, (mode & 0o777) | 0o111);
  } finally {
    closeSync(fd);
  }
}

/** Where a download that may be resumed keeps what it has. */
function partOf(path: string): string {
  return `${path}.part`;
}

/** Begins with what an earlier try kept; how much that was. Its digest is part of the whole one, so that `sha256` checks it too. */
async function takeOver(
  call: SshCall<DownloadArgs>,
  {
    kept,
    most,
    output,
    hash,
  }: { readonly kept: string; readonly most: number; readonly output: WorkspaceOutput; readonly hash: Hash },
): Promise<number> {
  {
    using entry = findEntry(call.scope.workspace, namesOf(kept));
    if (entry === undefined || entry.stats.size === 0 || entry.stats.size > most) return 0;
  }
  const { fd, bytes } = openWorkspaceInput(call.authorized, call.scope, kept);
  // The stream closes what it reads, at its end or when it is left.
  const content: AsyncIterable<Buffer> = createReadStream('', { fd, end: Math.max(0, bytes - 1) });
  let taken = 0;
  for await (const chunk of content) {
    hash.update(chunk);
    await output.write(chunk);
    taken += chunk.length;
  }
  return taken;
}
