import { closeSync } from 'node:fs';
import type { Json } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';
import { selectionOf, selectionSchema } from '../fs/archive/selection.ts';
import { namesOf } from '../fs/operation.ts';
import { walk } from '../fs/tree.ts';
import { findEntry } from '../fs/workspace.ts';
import { openWorkspaceInput } from '../workspace-file.ts';
import { remotePathSchema } from './call.ts';
import { makeFolders, openFiles, pathNeed } from './file-operations.ts';
import type { MakeSshOperation, SshCall, SshOperation } from './operation.ts';
import { requirePlain } from './place.ts';
import type { RemoteFiles } from './remote-files.ts';
import { below, type RemotePath, remoteText } from './remote-path.ts';
import { readsThere, type Sending, sendFile, type UploadArgs } from './send-file.ts';
import { startMeter } from './transfer.ts';

const transferTimeoutMs = 1_800_000;

/** Sends a workspace file, or a folder with all that is in it. Each file appears there whole, or not at all. */
export function uploadOperation(make: MakeSshOperation): SshOperation<UploadArgs> {
  return make<UploadArgs>({
    required: ['from', 'to'],
    properties: {
      from: remotePathSchema,
      to: remotePathSchema,
      ...selectionSchema,
      resume: { type: 'boolean' },
      compare: { enum: ['time', 'checksum'] },
      // No setuid, no setgid, no sticky bit.
      mode: { type: 'integer', minimum: 0, maximum: 0o777 },
      verify: { type: 'boolean' },
      links: { enum: ['refuse', 'skip'] },
      max_bytes: { type: 'integer', minimum: 0, maximum: 1024 ** 4 },
    },
    needs: (args) => [pathNeed('write', args.to), ...(readsThere(args) ? [pathNeed('read', args.to)] : [])],
    timeout_ms: transferTimeoutMs,
    prepare: ({ args, authorized, scope }) => {
      // A folder's files are asked for one by one, when they are sent.
      if (isFolder(args, scope)) {
        selectionOf(args);
        requireReadable(authorized, args.from);
      } else if (args.include === undefined && args.exclude === undefined) {
        closeSync(openWorkspaceInput(authorized, scope, args.from).fd);
      } else {
        throw new CallFailure(
          'INVALID_ARGUMENTS',
          `\`${args.from}\` is a file: \`include\` and \`exclude\` choose in a folder`,
        );
      }
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
  const meter = startMeter(effective.limits, args);
  const sending: Sending = { call, files, places, meter };
  const chosen = isFolder(args, scope) ? await chosenIn(call, namesOf(args.from)) : undefined;
  await makeFolders(files, target);
  if (chosen === undefined) {
    await sendFile(sending, { from: args.from, to: target.real, path: args.from });
    scope.audit.note({ ...meter.facts() });
    return meter.answer('file');
  }
  await sendFolder(sending, target.real, chosen);
  scope.audit.note({ ...meter.facts() });
  return meter.answer('folder');
}

async function sendFolder(sending: Sending, target: RemotePath, chosen: readonly Chosen[]): Promise<void> {
  const { call, files, places } = sending;
  const start = namesOf(call.args.from);
  await requireFolder(files, target);
  const made = new Set<string>();
  /** Makes the folders below the target that a path goes through, each once: patterns may choose a file and not its folder. */
  const makeWay = async (inside: readonly string[]): Promise<void> => {
    for (const depth of inside.keys()) {
      const folder = inside.slice(0, depth + 1);
      if (made.has(folder.join('/'))) continue;
      const to = below(target, ...folder);
      places.require(to, 'write');
      await requireFolder(files, to);
      made.add(folder.join('/'));
    }
  };
  for (const { inside, folder } of chosen) {
    await makeWay(folder ? inside : inside.slice(0, -1));
    if (folder) continue;
    const to = below(target, ...inside);
    places.require(to, 'write');
    await sendFile(sending, { from: [...start, ...inside].join('/'), to, path: inside.join('/') });
  }
}

interface Chosen {
  /** From the folder that is sent. */
  readonly inside: readonly string[];
  readonly folder: boolean;
}

/**
 * What of a folder is meant, each folder before what is in it. The walk is over before anything is sent: it holds a descriptor for each
 * folder on the way. Throws NOT_FOUND where patterns choose nothing, DENIED at a link that isn't to be skipped.
 */
async function chosenIn({ args, scope }: SshCall<UploadArgs>, start: readonly string[]): Promise<readonly Chosen[]> {
  const selection = selectionOf(args);
  const found: Chosen[] = [];
  await walk({ workspace: scope.workspace, start }, scope, {
    enter({ names }) {
      const inside = names.slice(start.length);
      if (!selection.reaches(inside)) return false;
      if (selection.includes(inside)) found.push({ inside, folder: true });
      return true;
    },
    visit({ names, entry }) {
      const inside = names.slice(start.length);
      if (!selection.includes(inside)) return;
      if (!entry.stats.isSymbolicLink()) found.push({ inside, folder: false });
      else if (args.links !== 'skip') throw refusedLink(names);
    },
  });
  if (found.length > 0 || args.include === undefined) return found;
  throw new CallFailure('NOT_FOUND', `nothing in \`${args.from}\` matches ${args.include.join(', ')}`);
}

function refusedLink(names: readonly string[]): CallFailure {
  return new CallFailure('DENIED', `\`${names.join('/')}\` is a symbolic link`, {
    rule: 'links are never followed',
    remedy: 'Leave links out (`links: skip`), exclude it, or make it a file of its own.',
  });
}

/** Makes the folder unless it is there. */
async function requireFolder(files: RemoteFiles, path: RemotePath): Promise<void> {
  const entry = await files.entry(path);
  if (entry === undefined) await files.makeFolder(path);
  else if (requirePlain(path, entry).type !== 'directory') {
    throw new CallFailure('FAILED', `\`${remoteText(path)}\` is a file there, and is to be a folder`);
  }
}
