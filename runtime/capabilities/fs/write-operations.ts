import {
  closeSync,
  fchmodSync,
  constants as open,
  openSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { CallFailure } from '../capability.ts';
import { linkProblem } from './archive/entry-path.ts';
import type { Folder } from './folder.ts';
import {
  chargeFile,
  chargeQuota,
  evenWhenCancelled,
  type FsCall,
  type FsOperation,
  fsOperation,
  makerFor,
  namesOf,
  throwIfAborted,
} from './operation.ts';
import { chunks } from './read-operations.ts';
import { walk } from './tree.ts';
import { openFile, openFolder, requireEntry, startReplacement } from './workspace.ts';
import { placeOf, writableMode, writeAll } from './writing.ts';

interface PathArgs {
  readonly path: string;
}

interface WriteArgs extends PathArgs {
  readonly content: string;
  readonly encoding?: 'text' | 'base64';
  readonly append?: boolean;
  readonly executable?: boolean;
}

interface FromToArgs {
  readonly from: string;
  readonly to: string;
}

const pathSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['path'],
  properties: { path: { type: 'string' } },
};
const fromToSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['from', 'to'],
  properties: { from: { type: 'string' }, to: { type: 'string' } },
};

/** Replaces a file as a whole, or appends to it; folders on the way are made. */
export const writeOperation: FsOperation<WriteArgs> = fsOperation<WriteArgs>({
  argsSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['path', 'content'],
    properties: {
      path: { type: 'string' },
      content: { type: 'string' },
      encoding: { enum: ['text', 'base64'] },
      append: { type: 'boolean' },
      executable: { type: 'boolean' },
    },
  },
  demands: (args) => [{ access: 'write', path: args.path }],
  async perform(call) {
    const { args, scope } = call;
    const bytes = Buffer.from(args.content, args.encoding === 'base64' ? 'base64' : 'utf8');
    chargeQuota(call, bytes.length);
    const { folders, name } = placeOf(args.path);
    using folder = openFolder(scope.workspace, folders, makerFor(call));
    if (args.append === true) await append(folder, name, { call, bytes });
    else await replace(folder, name, { call, bytes });
    return null;
  },
});

/** A folder and those on the way to it; one that is there is fine. */
export const mkdirOperation: FsOperation<PathArgs> = fsOperation<PathArgs>({
  argsSchema: pathSchema,
  demands: (args) => [{ access: 'write', path: args.path }],
  async perform(call) {
    openFolder(call.scope.workspace, namesOf(call.args.path), makerFor(call))[Symbol.dispose]();
    return null;
  },
});

/** Everything below a folder is asked for by its own path: a rule for the folder isn't one for what is in it. */
export const removeOperation: FsOperation<PathArgs> = fsOperation<PathArgs>({
  argsSchema: pathSchema,
  demands: (args) => [{ access: 'write', path: args.path }],
  async perform(call) {
    const { args, scope } = call;
    const { folders, name, names } = placeOf(args.path);
    using folder = openFolder(scope.workspace, folders, 'fail');
    using entry = folder.entry(name);
    if (entry === undefined) throw new CallFailure('NOT_FOUND', `\`${args.path}\` does not exist`);
    if (!entry.stats.isDirectory()) {
      unlinkSync(folder.at(name));
      return null;
    }
    const require = (path: readonly string[]): void => call.require({ access: 'write', path: path.join('/') });
    const place = { workspace: scope.workspace, start: names };
    const enter = ({ names: path }: { readonly names: readonly string[] }): boolean => {
      require(path);
      return true;
    };
    const until = evenWhenCancelled(scope);
    // First asked, then removed, so that a denial leaves the folder whole.
    await walk(place, until, { enter, visit: (found) => require(found.names) });
    await walk(place, until, {
      enter,
      visit: (found) => {
        require(found.names);
        unlinkSync(found.parent.at(found.name));
      },
      leave: (found) => rmdirSync(found.parent.at(found.name)),
    });
    rmdirSync(folder.at(name));
    return null;
  },
});

/** A file, or a folder with all that is in it, each asked for by its own path. */
export const copyOperation: FsOperation<FromToArgs> = fsOperation<FromToArgs>({
  argsSchema: fromToSchema,
  demands: (args) => [
    { access: 'read', path: args.from },
    { access: 'write', path: args.to },
  ],
  async perform(call) {
    const { args, scope } = call;
    const from = placeOf(args.from);
    const to = placeOf(args.to);
    using source = openFolder(scope.workspace, from.folders, 'fail');
    using entry = requireEntry(source, from.name, args.from);
    if (!entry.stats.isDirectory()) {
      using target = openFolder(scope.workspace, to.folders, makerFor(call));
      await copyFile(call, from.names, { folder: target, name: to.name });
      return null;
    }
    refuseIntoItself(from.names, to.names);
    const targetOf = (path: readonly string[]): readonly string[] => [...to.names, ...path.slice(from.names.length)];
    const require = (path: readonly string[]): void => {
      call.require({ access: 'read', path: path.join('/') });
      call.require({ access: 'write', path: targetOf(path).join('/') });
    };
    openFolder(scope.workspace, to.names, makerFor(call))[Symbol.dispose]();
    await walk({ workspace: scope.workspace, start: from.names }, scope, {
      enter({ names }) {
        require(names);
        openFolder(scope.workspace, targetOf(names), makerFor(call))[Symbol.dispose]();
        return true;
      },
      async visit({ names, name, entry: found, parent }) {
        require(names);
        using target = openFolder(scope.workspace, targetOf(names).slice(0, -1), makerFor(call));
        // A link is copied as a link: its text, not what it points to.
        if (found.stats.isSymbolicLink()) {
          const text = readlinkSync(parent.at(name));
          requireLinkInside(text, names, targetOf(names));
          chargeFile(call);
          symlinkSync(text, target.at(name));
        } else await copyFile(call, names, { folder: target, name });
      },
    });
    return null;
  },
});

/** A moved file could be read where it lies then, so it must be one that may be read where it was. */
export const moveOperation: FsOperation<FromToArgs> = fsOperation<FromToArgs>({
  argsSchema: fromToSchema,
  demands: (args) => [
    { access: 'read', path: args.from },
    { access: 'write', path: args.from },
    { access: 'write', path: args.to },
  ],
  async perform(call) {
    const { args, scope } = call;
    const from = placeOf(args.from);
    const to = placeOf(args.to);
    using source = openFolder(scope.workspace, from.folders, 'fail');
    using entry = requireEntry(source, from.name, args.from);
    if (entry.stats.isDirectory()) {
      refuseIntoItself(from.names, to.names);
      const targetOf = (path: readonly string[]): readonly string[] => [...to.names, ...path.slice(from.names.length)];
      const require = (path: readonly string[]): void => {
        for (const access of ['read', 'write'] as const) call.require({ access, path: path.join('/') });
        call.require({ access: 'write', path: targetOf(path).join('/') });
      };
      await walk({ workspace: scope.workspace, start: from.names }, scope, {
        enter: ({ names }) => {
          require(names);
          return true;
        },
        visit({ names, name, entry: found, parent }) {
          require(names);
          if (found.stats.isSymbolicLink()) requireLinkInside(readlinkSync(parent.at(name)), names, targetOf(names));
        },
      });
    }
    using target = openFolder(scope.workspace, to.folders, makerFor(call));
    renameSync(source.at(from.name), target.at(to.name));
    return null;
  },
});

interface Writing {
  readonly call: FsCall<WriteArgs>;
  readonly bytes: Buffer;
}

async function replace(folder: Folder, name: string, { call, bytes }: Writing): Promise<void> {
  const mode = writableMode(folder, name, call.args.path);
  chargeFile(call);
  const replacement = startReplacement(folder, name, call.args.executable === true ? 0o777 : mode);
  try {
    await writeAll(replacement.fd, bytes);
  } catch (cause) {
    replacement.discard();
    throw cause;
  }
  replacement.commit();
}

async function append(folder: Folder, name: string, { call, bytes }: Writing): Promise<void> {
  using entry = folder.entry(name);
  if (entry === undefined) chargeFile(call);
  const fd =
    entry === undefined
      ? openSync(folder.at(name), open.O_WRONLY | open.O_APPEND | open.O_CREAT | open.O_EXCL, 0o666)
      : openFile(call.scope.workspace, namesOf(call.args.path), 'append').fd;
  try {
    if (call.args.executable === true) fchmodSync(fd, 0o755);
    await writeAll(fd, bytes);
  } finally {
    closeSync(fd);
  }
}

/** Copies one file, chunk by chunk, each counted before it is written. */
async function copyFile(
  call: FsCall<FromToArgs>,
  from: readonly string[],
  to: { readonly folder: Folder; readonly name: string },
): Promise<void> {
  const source = openFile(call.scope.workspace, from, 'read');
  try {
    writableMode(to.folder, to.name, call.args.to);
    chargeFile(call);
    const replacement = startReplacement(to.folder, to.name, source.mode & 0o777);
    try {
      for await (const chunk of chunks(source.fd)) {
        throwIfAborted(call.scope);
        chargeQuota(call, chunk.length);
        await writeAll(replacement.fd, chunk);
      }
    } catch (cause) {
      replacement.discard();
      throw cause;
    }
    replacement.commit();
  } finally {
    closeSync(source.fd);
  }
}

/**
 * A link that leads to a place in the workspace must still do so elsewhere in it: nobody plants one that leads out by unpacking it deep
 * and moving it up. One that leads out already was made by a program, and says nothing new.
 */
function requireLinkInside(text: string, from: readonly string[], to: readonly string[]): void {
  const problem = linkProblem(from, text) === undefined ? linkProblem(to, text) : undefined;
  if (problem === undefined) return;
  throw new CallFailure(
    'DENIED',
    `\`${from.join('/')}\` is a link that would lead out of the workspace there: ${problem}`,
    {
      rule: 'fs: links that lead out of the workspace',
      remedy: 'Leave the link out, or move it to a place of the same depth.',
    },
  );
}

function refuseIntoItself(from: readonly string[], to: readonly string[]): void {
  if (from.every((name, index) => to[index] === name)) {
    throw new CallFailure('FAILED', "a folder can't be copied or moved into itself");
  }
}
