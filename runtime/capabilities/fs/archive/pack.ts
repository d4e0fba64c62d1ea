import { createHash } from 'node:crypto';
import { closeSync, readlinkSync } from 'node:fs';
import type { AbsolutePath, Json } from '../../../../schemas/index.ts';
import { CallFailure } from '../../capability.ts';
import type { Folder } from '../folder.ts';
import {
  chargeFile,
  chargeQuota,
  type FsCall,
  type FsOperation,
  failureOf,
  fsOperation,
  makerFor,
  namesOf,
  throwIfAborted,
} from '../operation.ts';
import { walk } from '../tree.ts';
import { takeTurns } from '../turns.ts';
import { isTemporaryName, openFileIn, openFolder, requireOrdinary, startReplacement } from '../workspace.ts';
import { placeOf, writableMode, writeAll } from '../writing.ts';
import { linkProblem } from './entry-path.ts';
import { type ArchiveFormat, archiveFormats, compressor, formatOfName } from './format.ts';
import { oneArchiveAtATime } from './one-at-a-time.ts';
import { type SelectionArgs, selectionOf, selectionSchema } from './selection.ts';
import { TarWriter } from './tar-writer.ts';

/** What is packed. */
interface PackedArgs extends SelectionArgs {
  readonly from: string;
  /** Where in the workspace the archive goes, if it goes there. */
  readonly to?: string;
}

interface PackArgs extends PackedArgs {
  readonly to: string;
  readonly format?: ArchiveFormat;
}

/** What goes into the archive, by its path there. */
interface Chosen {
  readonly kind: 'folder' | 'file' | 'link';
  readonly path: string;
  readonly target?: string;
}

/** Of all paths together: they are held until the end. */
const maxPathCharacters: number = 32 * 1024 * 1024;

/**
 * A folder as an archive. The same files give the same bytes: sorted, without times, owners and links to elsewhere; of a mode only
 * whether it is executable. Each file must be one that may be read: none is left out in silence.
 */
export const packOperation: FsOperation<PackArgs> = fsOperation<PackArgs>({
  argsSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['from', 'to'],
    properties: {
      from: { type: 'string' },
      to: { type: 'string' },
      format: { enum: archiveFormats },
      ...selectionSchema,
    },
  },
  demands: (args) => [
    { access: 'list', path: args.from },
    { access: 'write', path: args.to },
  ],
  perform: (call) => oneArchiveAtATime(call.scope, () => pack(call)),
});

async function pack(call: FsCall<PackArgs>): Promise<Json> {
  const { args, scope } = call;
  const format = args.format ?? formatOfName(args.to);
  if (format === undefined) {
    throw new CallFailure('INVALID_ARGUMENTS', `\`${args.to}\` names no format that is known here`, {
      remedy: `End the name in .tar, .tar.gz or .tar.zst, or say \`format\` (${archiveFormats.join(', ')}).`,
    });
  }
  const chosen = await choose(call);
  const { folders, name } = placeOf(args.to);
  using folder = openFolder(scope.workspace, folders, makerFor(call));
  writableMode(folder, name, args.to);
  chargeFile(call);
  const replacement = startReplacement(folder, name, 0o666);
  try {
    const charge = (bytes: number): void => chargeQuota(call, bytes);
    const written = await writeArchive(call, { chosen, format, fd: replacement.fd, charge });
    replacement.commit();
    return { ...written, entries: chosen.length };
  } catch (cause) {
    replacement.discard();
    throw cause;
  }
}

/** Packs into a descriptor, for what doesn't go into the workspace. */
export async function packInto(
  call: FsCall<PackedArgs>,
  to: Omit<Writing, 'chosen'>,
): Promise<{ readonly bytes: number; readonly sha256: string; readonly entries: number }> {
  try {
    const chosen = await choose(call);
    return { ...(await writeArchive(call, { ...to, chosen })), entries: chosen.length };
  } catch (cause) {
    throw failureOf(cause, `\`${call.args.from}\``);
  }
}

/** Everything that the patterns mean, sorted by path. */
async function choose(call: FsCall<PackedArgs>): Promise<readonly Chosen[]> {
  const { args, scope } = call;
  const start = namesOf(args.from);
  const archive = args.to === undefined ? undefined : namesOf(args.to).join('/');
  const selection = selectionOf(args);
  const found: Chosen[] = [];
  let characters = 0;
  const add = (chosen: Chosen): void => {
    characters += chosen.path.length + (chosen.target?.length ?? 0);
    if (characters > maxPathCharacters) {
      throw new CallFailure(
        'LIMIT_EXCEEDED',
        `the paths in \`${args.from}\` have more than ${maxPathCharacters} characters`,
      );
    }
    found.push(chosen);
  };
  await walk({ workspace: scope.workspace, start }, scope, {
    enter({ names, name }) {
      const inside = names.slice(start.length);
      const path = names.join('/');
      if (isTemporaryName(name) || !selection.reaches(inside)) return false;
      call.require({ access: 'list', path });
      const isChosen = selection.includes(inside) && call.allows({ access: 'read', path });
      if (isChosen) add({ kind: 'folder', path: inside.join('/') });
      return true;
    },
    visit({ names, name, entry, parent }) {
      const inside = names.slice(start.length);
      const path = names.join('/');
      // An archive of the folder that it lies in doesn't hold its own earlier self, nor what another call is writing.
      if (path === archive || isTemporaryName(name) || !selection.includes(inside)) return;
      call.require({ access: 'read', path });
      if (!entry.stats.isSymbolicLink()) {
        requireOrdinary(entry, path);
        add({ kind: 'file', path: inside.join('/') });
        return;
      }
      const target = readlinkSync(parent.at(name));
      const problem = linkProblem(inside, target);
      if (problem !== undefined) throw strayLink(path, problem);
      add({ kind: 'link', path: inside.join('/'), target });
    },
  });
  if (found.length === 0 && args.include !== undefined) {
    throw new CallFailure('NOT_FOUND', `nothing in \`${args.from}\` matches ${args.include.join(', ')}`);
  }
  return found.sort((left, right) => (left.path < right.path ? -1 : 1));
}

interface Writing {
  readonly chosen: readonly Chosen[];
  readonly format: ArchiveFormat;
  readonly fd: number;
  /** Told of bytes before they are written; throws where they are too many. */
  readonly charge: (bytes: number) => void;
}

/** Tar, compressor and file run at the pace of the slowest; what one of them throws ends all. */
async function writeArchive(
  call: FsCall<PackedArgs>,
  { chosen, format, fd, charge }: Writing,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const compressed = compressor(format);
  const hash = createHash('sha256');
  let bytes = 0;
  const filling = fill(call, new TarWriter(compressed), chosen).then(
    () => undefined,
    (cause: unknown) => {
      compressed.destroy(cause instanceof Error ? cause : new Error(String(cause)));
      return cause;
    },
  );
  try {
    // A transform gives what it was given: bytes.
    for await (const chunk of compressed as AsyncIterable<Buffer>) {
      throwIfAborted(call.scope);
      charge(chunk.length);
      bytes += chunk.length;
      hash.update(chunk);
      await writeAll(fd, chunk);
    }
  } catch (cause) {
    compressed.destroy();
    const first = await filling;
    throw first instanceof CallFailure ? first : cause;
  }
  await filling;
  return { bytes, sha256: hash.digest('hex') };
}

async function fill(call: FsCall<PackedArgs>, tar: TarWriter, chosen: readonly Chosen[]): Promise<void> {
  const start = namesOf(call.args.from);
  const turns = takeTurns();
  using folders = new LastFolder(call.scope.workspace);
  for (const each of chosen) {
    await turns.next();
    throwIfAborted(call.scope);
    if (each.kind === 'file') await addFile(tar, each.path, folders.openFile([...start, ...each.path.split('/')]));
    else await addEmpty(tar, each);
  }
  await tar.end();
}

/** Opens files to read. Those of a folder come one after the other, so that it stays open until one of another folder comes. */
class LastFolder implements Disposable {
  readonly #workspace: AbsolutePath;
  #last: { readonly path: string; readonly folder: Folder } | undefined;

  constructor(workspace: AbsolutePath) {
    this.#workspace = workspace;
  }

  openFile(names: readonly string[]): PackedFile {
    const folders = names.slice(0, -1);
    const above = folders.join('/');
    if (this.#last?.path !== above) {
      this[Symbol.dispose]();
      this.#last = { path: above, folder: openFolder(this.#workspace, folders, 'fail') };
    }
    const path = names.join('/');
    return { ...openFileIn(this.#last.folder, names.at(-1) ?? '.', { access: 'read', path }), path };
  }

  [Symbol.dispose](): void {
    this.#last?.folder[Symbol.dispose]();
    this.#last = undefined;
  }
}

function addEmpty(tar: TarWriter, { kind, path, target = '' }: Chosen): Promise<void> {
  return kind === 'folder'
    ? tar.header({ name: `${path}/`, type: 'folder', mode: 0o755, size: 0, target: '' })
    : tar.header({ name: path, type: 'link', mode: 0o777, size: 0, target });
}

type PackedFile = ReturnType<typeof openFileIn> & { readonly path: string };

/** The file as long as it was when it was opened: the header comes first and says how long. Closes it. */
async function addFile(tar: TarWriter, name: string, { fd, bytes, mode, path }: PackedFile): Promise<void> {
  try {
    await tar.header({ name, type: 'file', mode: (mode & 0o100) === 0 ? 0o644 : 0o755, size: bytes, target: '' });
    if ((await tar.content(fd, bytes)) === bytes) return;
    throw new CallFailure('FAILED', `\`${path}\` was changed while it was packed`, {
      remedy: 'Pack when nothing writes to it any more.',
    });
  } finally {
    closeSync(fd);
  }
}

function strayLink(path: string, problem: string): CallFailure {
  return new CallFailure('FAILED', `\`${path}\` is a link that an archive can't hold: ${problem}`, {
    remedy: 'Exclude it (`exclude`), or let it lead to something inside the packed folder, by a relative path.',
  });
}
