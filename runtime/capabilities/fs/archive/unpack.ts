import { closeSync } from 'node:fs';
import type { Header } from 'tar-stream';
import type { Json } from '../../../../schemas/index.ts';
import { CallFailure } from '../../capability.ts';
import { type FsCall, type FsOperation, failureOf, fsOperation, namesOf, throwIfAborted } from '../operation.ts';
import { chunks } from '../read-operations.ts';
import { openFile } from '../workspace.ts';
import { entryPlace, linkProblem } from './entry-path.ts';
import { FileWriter, type WrittenFile } from './file-writer.ts';
import { oneArchiveAtATime } from './one-at-a-time.ts';
import { readTar, type TarEntry } from './read-tar.ts';
import { type Selection, type SelectionArgs, selectionOf, selectionSchema } from './selection.ts';
import { createStaging, type Staging } from './staging.ts';

interface UnpackArgs extends SelectionArgs {
  readonly from: string;
  readonly to: string;
  readonly strip?: number;
  readonly max_bytes?: number;
  readonly max_entries?: number;
}

const defaultMaxBytes: number = 4 * 1024 ** 3;
const maxMaxBytes: number = 1024 ** 4;
/** Of one archive, those that are passed over too. */
const maxMaxEntries = 100_000;
const maxStrip = 32;
/** Of all paths together, folders on the way included: they are held until the end. */
const maxPathCharacters: number = 32 * 1024 * 1024;

/**
 * An archive into a folder. Nothing of it leaves that folder, whatever its names and links say; nothing of it stays where it is
 * damaged, too large, or holds what is never made: devices, FIFOs, links that lead out.
 */
export const unpackOperation: FsOperation<UnpackArgs> = fsOperation<UnpackArgs>({
  argsSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['from', 'to'],
    properties: {
      from: { type: 'string' },
      to: { type: 'string' },
      strip: { type: 'integer', minimum: 0, maximum: maxStrip },
      max_bytes: { type: 'integer', minimum: 0, maximum: maxMaxBytes },
      max_entries: { type: 'integer', minimum: 0, maximum: maxMaxEntries },
      ...selectionSchema,
    },
  },
  demands: (args) => [
    { access: 'read', path: args.from },
    { access: 'write', path: args.to },
  ],
  perform: (call) => oneArchiveAtATime(call.scope, () => unpack(call)),
});

async function unpack(call: FsCall<UnpackArgs>): Promise<Json> {
  const { args, scope } = call;
  throwIfAborted(scope);
  const { fd, bytes } = openFile(scope.workspace, namesOf(args.from), 'read');
  try {
    return { ...(await fillFrom(call, { fd, bytes })) };
  } finally {
    closeSync(fd);
  }
}

/** What an open archive is, from the descriptor's position on. */
interface OpenArchive {
  readonly fd: number;
  readonly bytes: number;
  /** Nothing is put in its place before this has resolved; where it rejects, that is what went wrong, whatever else did. */
  readonly confirmed?: Promise<void>;
}

/** How much was unpacked. */
interface Unpacked {
  readonly entries: number;
  readonly bytes: number;
}

/** Unpacks from a descriptor, for what doesn't lie in the workspace; `from` is what messages call it. */
export async function unpackFrom(call: FsCall<UnpackArgs>, archive: OpenArchive): Promise<Unpacked> {
  try {
    return await fillFrom(call, archive);
  } catch (cause) {
    throw failureOf(cause, `\`${call.args.to}\``);
  }
}

async function fillFrom(call: FsCall<UnpackArgs>, { fd, bytes, confirmed }: OpenArchive): Promise<Unpacked> {
  const { args } = call;
  const selection = selectionOf(args);
  const staging = createStaging(call, namesOf(args.to));
  const filler = new Filler(call, staging, selection);
  try {
    const file = { fd, bytes, path: args.from, max_bytes: args.max_bytes ?? defaultMaxBytes };
    await readTar(file, (entry) => filler.add(entry));
    await filler.addLinks();
    await confirmed;
    await staging.commit();
    return filler.counts();
  } catch (cause) {
    await filler.ended();
    // Where even that fails, why it came to that says more.
    await staging.discard().catch(() => undefined);
    await confirmed;
    throw cause;
  }
}

type Kind = 'folder' | 'file' | 'link';

/** Fills a staging folder, entry by entry. Links come last, so that no entry can be written through one. */
class Filler {
  readonly #call: FsCall<UnpackArgs>;
  readonly #staging: Staging;
  readonly #selection: Selection;
  readonly #files: FileWriter;
  readonly #kinds = new Map<string, Kind>();
  readonly #links: { readonly names: readonly string[]; readonly target: string }[] = [];
  #entries = 0;
  #pathCharacters = 0;
  #kept = 0;

  constructor(call: FsCall<UnpackArgs>, staging: Staging, selection: Selection) {
    this.#call = call;
    this.#staging = staging;
    this.#selection = selection;
    const { from, max_bytes = defaultMaxBytes } = call.args;
    this.#files = new FileWriter(call, staging, { from, max_bytes });
  }

  counts(): Unpacked {
    return { entries: this.#kept, bytes: this.#files.bytes };
  }

  async add(entry: TarEntry): Promise<void> {
    const { args, scope } = this.#call;
    throwIfAborted(scope);
    this.#entries += 1;
    const most = args.max_entries ?? maxMaxEntries;
    if (this.#entries > most) {
      throw new CallFailure('LIMIT_EXCEEDED', `\`${args.from}\` holds more than ${most} entries (max_entries)`);
    }
    const place = entryPlace(entry.header.name, args.strip ?? 0);
    if (place.kind === 'refused') throw this.#refused(entry.header.name, place.why);
    if (place.kind === 'skipped' || !this.#selection.includes(place.names)) return;
    const { names } = place;
    this.#call.require({ access: 'write', path: [...namesOf(args.to), ...names].join('/') });
    await this.#make(entry, names);
    this.#kept += 1;
  }

  /** Once nothing is written any more, whatever came of it. */
  ended(): Promise<void> {
    return this.#files.ended();
  }

  async addLinks(): Promise<void> {
    await this.#files.settled();
    for (const { names, target } of this.#links) this.#staging.createLink(names, target);
  }

  async #make(entry: TarEntry, names: readonly string[]): Promise<void> {
    const { header } = entry;
    const sparse = Object.keys(paxOf(header)).some((key) => key.startsWith('GNU.sparse.'));
    if (sparse) throw this.#refused(header.name, 'it is a sparse file');
    switch (header.type) {
      case 'directory':
        this.#claim(names, 'folder', header.name);
        this.#staging.createFolder(names);
        return;
      case 'file':
      case 'contiguous-file':
        this.#claim(names, 'file', header.name);
        await this.#files.write(fileOf(names, header), entry);
        return;
      case 'link':
        await this.#copyLinked(names, header);
        return;
      case 'symlink': {
        this.#claim(names, 'link', header.name);
        const target = header.linkname ?? '';
        const problem = linkProblem(names, target);
        if (problem !== undefined) throw this.#refused(header.name, problem);
        this.#links.push({ names, target });
        return;
      }
      case 'character-device':
      case 'block-device':
      case 'fifo':
        throw this.#refused(header.name, 'devices and FIFOs are never made');
      default:
        throw this.#refused(header.name, 'it is of a kind that is not known here');
    }
  }

  /** Each path once, folders excepted, and nothing below what is no folder. */
  #claim(names: readonly string[], kind: Kind, name: string): void {
    for (let depth = 1; depth < names.length; depth += 1) {
      const above = names.slice(0, depth).join('/');
      const known = this.#kinds.get(above);
      if (known === 'file' || known === 'link')
        throw this.#refused(name, `it lies below \`${above}\`, which is a ${known}`);
      if (known === undefined) this.#remember(above, 'folder');
    }
    const path = names.join('/');
    const known = this.#kinds.get(path);
    if (known !== undefined && !(known === 'folder' && kind === 'folder')) {
      throw this.#refused(name, `the archive has that path twice, once as a ${known}`);
    }
    if (known === undefined) this.#remember(path, kind);
  }

  #remember(path: string, kind: Kind): void {
    this.#pathCharacters += path.length;
    if (this.#kinds.size === maxMaxEntries || this.#pathCharacters > maxPathCharacters) {
      const most = `${maxMaxEntries} files and folders, or ${maxPathCharacters} characters of their paths`;
      throw new CallFailure('LIMIT_EXCEEDED', `\`${this.#call.args.from}\` holds more than ${most}`);
    }
    this.#kinds.set(path, kind);
  }

  /** A second name of a file becomes a file of its own: hard links are never made. */
  async #copyLinked(names: readonly string[], header: Header): Promise<void> {
    const target = entryPlace(header.linkname ?? '', this.#call.args.strip ?? 0);
    const isKnown = target.kind === 'place' && this.#kinds.get(target.names.join('/')) === 'file';
    if (!isKnown) {
      throw this.#refused(header.name, `it is a hard link to \`${header.linkname}\`, which is no file before it here`);
    }
    this.#claim(names, 'file', header.name);
    await this.#files.settled();
    const source = openFile(this.#call.scope.workspace, this.#staging.at(target.names), 'read');
    try {
      await this.#files.write(
        fileOf(names, { mode: source.mode, size: source.bytes }),
        chunks(source.fd, source.bytes),
      );
    } finally {
      closeSync(source.fd);
    }
  }

  #refused(name: string, why: string): CallFailure {
    return new CallFailure(
      'FAILED',
      `\`${this.#call.args.from}\` is not unpacked because of \`${shown(name)}\`: ${why}`,
      {
        remedy: 'Leave the entry out by `exclude`, or pack the archive without it.',
      },
    );
  }
}

function fileOf(names: readonly string[], { mode, size }: Pick<Header, 'mode' | 'size'>): WrittenFile {
  return { names, executable: (mode & 0o111) !== 0, size };
}

/** What an extended header (pax) says beyond the usual. */
function paxOf({ pax }: Header): object {
  return typeof pax === 'object' && pax !== null ? pax : {};
}

/** A name is the archive's own: of any length, with any character. */
function shown(name: string): string {
  const visible = name.replaceAll(/[\p{Cc}\p{Cf}]/gu, '?');
  return visible.length > 200 ? `${visible.slice(0, 200)}…` : visible;
}
