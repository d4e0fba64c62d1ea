import type { Json } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';
import { selectionOf, selectionSchema } from '../fs/archive/selection.ts';
import { namesOf } from '../fs/operation.ts';
import { harmless } from '../harmless.ts';
import { requireWorkspaceOutput } from '../workspace-file.ts';
import { remotePathSchema } from './call.ts';
import { type DownloadArgs, type Fetching, fetchFile } from './fetch-file.ts';
import { openFiles, pathNeed, requireThere } from './file-operations.ts';
import type { MakeSshOperation, SshCall, SshOperation } from './operation.ts';
import { type Place, requirePlain } from './place.ts';
import { walkRemote } from './remote-files.ts';
import { startMeter } from './transfer.ts';

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
      ...selectionSchema,
      sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
      resume: { type: 'boolean' },
      compare: { enum: ['time', 'checksum'] },
      links: { enum: ['refuse', 'skip'] },
      max_bytes: { type: 'integer', minimum: 0, maximum: 1024 ** 4 },
    },
    needs: ({ from }) => [pathNeed('read', from)],
    timeout_ms: transferTimeoutMs,
    prepare({ args, authorized }) {
      selectionOf(args);
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
  const meter = startMeter(effective.limits, args);
  const fetching: Fetching = { call, files, meter };
  if (entry.type === 'file') {
    if (args.include !== undefined || args.exclude !== undefined) {
      throw new CallFailure(
        'INVALID_ARGUMENTS',
        `\`${args.from}\` is a file: \`include\` and \`exclude\` choose in a folder`,
      );
    }
    await fetchFile(fetching, { from: place.real, entry, to: args.to, path: args.from });
    scope.audit.note({ ...meter.facts() });
    return meter.answer('file');
  }
  if (args.sha256 !== undefined) {
    throw new CallFailure('INVALID_ARGUMENTS', `\`${args.from}\` is a folder: \`sha256\` is for one file`);
  }
  const chosen = await fetchFolder(fetching, place, (path) => places.require(path, 'read'));
  if (chosen === 0 && args.include !== undefined) {
    throw new CallFailure('NOT_FOUND', `nothing in \`${args.from}\` matches ${args.include.join(', ')}`);
  }
  scope.audit.note({ ...meter.facts() });
  return meter.answer('folder');
}

/** Fetches what of a folder is meant; how many files that were. */
async function fetchFolder(
  fetching: Fetching,
  { real }: Place,
  requireReadable: (path: Place['real']) => void,
): Promise<number> {
  const { call, files } = fetching;
  const { args } = call;
  const selection = selectionOf(args);
  const inside = (path: Place['real']): readonly string[] => path.names.slice(real.names.length);
  let chosen = 0;
  const walk = walkRemote(files, real, {
    entries: maxWalkedEntries,
    enters: (path) => selection.reaches(inside(path)),
  });
  for await (const { path, entry, when } of walk) {
    // Each of these is a name of its own: a server that says `..` was refused where it said so.
    const names = inside(path);
    if (when === 'after' || (entry.type === 'symlink' && args.links === 'skip')) continue;
    if (entry.type === 'directory' ? !selection.reaches(names) : !selection.includes(names)) continue;
    requireReadable(path);
    requireShown(names.at(-1) ?? '');
    if (requirePlain(path, entry).type === 'directory') continue;
    chosen += 1;
    await fetchFile(fetching, {
      from: path,
      entry,
      to: [...namesOf(args.to), ...names].join('/'),
      path: names.join('/'),
    });
  }
  return chosen;
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
