import type { SFTPWrapper, Stats } from 'ssh2';
import { CallFailure } from '../capability.ts';
import { harmless } from '../harmless.ts';
import type { SshConnection } from './connection.ts';
import { below, type RemotePath, remoteText, splitRemotePath } from './remote-path.ts';

/** What lies at a path: never what a link points to. */
export interface RemoteEntry {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  readonly bytes: number;
  /** Permission bits. */
  readonly mode: number;
  readonly modified_ms: number;
}

/** A file on the other machine that is open. */
export interface RemoteHandle extends AsyncDisposable {
  /** Ends it; throws where what was written could not be kept. Disposing of it never throws. */
  close(): Promise<void>;
  /** Fills the memory from that position on, and says how much came: less only at the end. */
  read(position: number, into: Buffer): Promise<number>;
  write(bytes: Buffer, position: number): Promise<void>;
  setMode(mode: number): Promise<void>;
  /** When it was last changed, in ms since 1970; servers keep whole seconds. */
  setModified(modified_ms: number): Promise<void>;
}

/** The files of the other machine. Errors are CallFailures that name the path. */
export interface RemoteFiles {
  /** Where links lead to, all of them resolved. The last name need not exist. */
  realPath(path: RemotePath): Promise<RemotePath>;
  /** Undefined where nothing is there. */
  entry(path: RemotePath): Promise<RemoteEntry | undefined>;
  /** Names as the server gives them, bit by bit: a folder may have more than one wants to hold. */
  list(path: RemotePath): AsyncGenerator<{ readonly name: string; readonly entry: RemoteEntry }>;
  /** Where nothing is; a folder that somebody else made meanwhile is fine. */
  makeFolder(path: RemotePath): Promise<void>;
  removeFolder(path: RemotePath): Promise<void>;
  removeFile(path: RemotePath): Promise<void>;
  /** Takes the place of a file that is there, at once. */
  rename(from: RemotePath, to: RemotePath): Promise<void>;
  open(path: RemotePath, access: 'r' | 'r+' | 'wx'): Promise<RemoteHandle>;
}

interface FoundFile {
  readonly filename: string;
  readonly attrs: Stats;
}

/** Answers to one listing that list nothing. */
const maxEmptyAnswers = 100;

const status = { end: 1, missing: 2, refused: 3, failure: 4, unsupported: 8 } as const;

/** Opens the files of a connection. */
export async function openRemoteFiles(connection: SshConnection): Promise<RemoteFiles> {
  const { client, where, until } = connection;
  const sftp = await until<SFTPWrapper>((settle) => {
    client.sftp((error, opened) => {
      if (error === undefined) watch(opened, connection);
      settle(error, opened);
    });
  }).catch((cause: unknown) => {
    throw cause instanceof CallFailure ? cause : new CallFailure('FAILED', `${where} offers no files (sftp)`);
  });

  /** Asks the server, and puts the path in place of what it says. */
  const ask = async <Value>(
    path: RemotePath,
    start: (settle: (error: Error | null | undefined, value: Value) => void) => void,
  ): Promise<Value> => {
    try {
      return await until<Value>(start);
    } catch (cause) {
      throw failureAt(path, cause);
    }
  };
  const entry = async (path: RemotePath): Promise<RemoteEntry | undefined> => {
    try {
      return entryOf(await ask<Stats>(path, (settle) => sftp.lstat(remoteText(path), settle)));
    } catch (cause) {
      if (cause instanceof CallFailure && cause.code === 'NOT_FOUND') return undefined;
      throw cause;
    }
  };
  const done =
    (settle: (error: Error | null | undefined, value: undefined) => void) =>
    (error?: Error | null): void =>
      settle(error, undefined);

  return {
    async realPath(path) {
      const text = await ask<string>(path, (settle) => sftp.realpath(remoteText(path), settle));
      const real = splitRemotePath(text);
      if ('problem' in real || real.base !== 'root') {
        throw new CallFailure(
          'FAILED',
          `${where} says that \`${remoteText(path)}\` lies at \`${harmless(text)}\`, which is no path`,
        );
      }
      return real;
    },
    entry,
    async *list(path) {
      const handle = await ask<Buffer>(path, (settle) => sftp.opendir(remoteText(path), settle));
      try {
        for (let empty = 0; empty < maxEmptyAnswers; ) {
          const found = await ask<readonly FoundFile[] | undefined>(path, (settle) =>
            sftp.readdir(handle, (error, list) =>
              codeOf(error) === status.end ? settle(undefined, undefined) : settle(error, list),
            ),
          );
          if (found === undefined) return;
          // ssh2 takes `.` and `..` out, which may have been all.
          if (found.length === 0) empty += 1;
          for (const { filename, attrs } of found) {
            yield { name: requireName(filename, path), entry: entryOf(attrs) };
          }
        }
        throw new CallFailure('FAILED', `${where} does not come to an end with what is in \`${remoteText(path)}\``);
      } finally {
        // What came of closing tells nothing more.
        await ask(path, (settle) => sftp.close(handle, done(settle))).catch(() => undefined);
      }
    },
    async makeFolder(path) {
      try {
        await ask(path, (settle) => sftp.mkdir(remoteText(path), done(settle)));
      } catch (cause) {
        // The protocol has no answer of its own for what is there already.
        if ((await entry(path).catch(() => undefined))?.type !== 'directory') throw cause;
      }
    },
    removeFolder: (path) => ask(path, (settle) => sftp.rmdir(remoteText(path), done(settle))),
    removeFile: (path) => ask(path, (settle) => sftp.unlink(remoteText(path), done(settle))),
    async rename(from, to) {
      const [source, target] = [remoteText(from), remoteText(to)];
      try {
        await until<undefined>((settle) => sftp.ext_openssh_rename(source, target, done(settle)));
      } catch (cause) {
        if (!isUnsupported(cause)) throw failureAt(to, cause);
        // RFC draft-ietf-secsh-filexfer-02, 6.5: refuses where something of the new name is there.
        await ask(to, (settle) => sftp.rename(source, target, done(settle)));
      }
    },
    async open(path, access) {
      const handle = await ask<Buffer>(path, (settle) => sftp.open(remoteText(path), access, settle));
      let closing: Promise<void> | undefined;
      const close = (): Promise<void> =>
        (closing ??= ask<undefined>(path, (settle) => sftp.close(handle, done(settle))));
      return {
        async read(position, into) {
          let read = 0;
          while (read < into.length) {
            const count = await ask<number>(path, (settle) =>
              sftp.read(handle, into, read, into.length - read, position + read, (error, bytes) =>
                codeOf(error) === status.end ? settle(undefined, 0) : settle(error, bytes),
              ),
            );
            if (count === 0) break;
            read += count;
          }
          return read;
        },
        write: (bytes, position) =>
          ask(path, (settle) => sftp.write(handle, bytes, 0, bytes.length, position, done(settle))),
        setMode: (mode) => ask(path, (settle) => sftp.fsetstat(handle, { mode }, done(settle))),
        async setModified(modified_ms) {
          const seconds = Math.floor(modified_ms / 1000);
          await ask<undefined>(path, (settle) => sftp.futimes(handle, seconds, seconds, done(settle)));
        },
        close,
        [Symbol.asyncDispose]: () => close().catch(() => undefined),
      };
    },
  };
}

/** Ends the connection at an answer that is no SFTP, and with its channel, after which nobody would be answered. */
function watch(sftp: SFTPWrapper, { where, fail }: SshConnection): void {
  sftp.on('error', (cause: Error) => fail(new CallFailure('FAILED', `${where}: ${harmless(cause.message)}`)));
  sftp.on('close', () => fail(new CallFailure('FAILED', `${where} ended the transfer of files`)));
}

/** A name, and nothing that leads elsewhere: a server may answer with `../../etc/passwd`. */
function requireName(name: string, folder: RemotePath): string {
  const split = splitRemotePath(name);
  const plain = 'names' in split && split.base === 'home' && split.names.length === 1 && split.names[0] === name;
  // U+FFFD stands for bytes that are no UTF-8, so that no path can say the name.
  if (plain && !name.includes('\uFFFD')) return name;
  throw new CallFailure(
    'FAILED',
    `\`${remoteText(folder)}\` holds \`${harmless(name)}\`, which is no name that can be used`,
  );
}

function entryOf(stats: Stats): RemoteEntry {
  const type = stats.isFile()
    ? 'file'
    : stats.isDirectory()
      ? 'directory'
      : stats.isSymbolicLink()
        ? 'symlink'
        : 'other';
  // A server may leave any of these out.
  return {
    type,
    bytes: numberOr(stats.size),
    mode: numberOr(stats.mode) & 0o777,
    modified_ms: numberOr(stats.mtime) * 1000,
  };
}

function numberOr(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' ? error.code : undefined;
}

function isUnsupported(cause: unknown): boolean {
  return codeOf(cause) === status.unsupported || (cause instanceof Error && cause.message.includes('does not support'));
}

function failureAt(path: RemotePath, cause: unknown): unknown {
  if (cause instanceof CallFailure || !(cause instanceof Error)) return cause;
  const text = remoteText(path);
  switch (codeOf(cause)) {
    case status.missing:
      return new CallFailure('NOT_FOUND', `\`${text}\` does not exist there`);
    case status.refused:
      return new CallFailure('FAILED', `\`${text}\`: the user may not do that there`);
    case status.failure: {
      // What servers call it says nothing, and a full disk looks like this.
      const said =
        cause.message === 'Failure' ? 'and says no more: its disk may be full' : `and says: ${harmless(cause.message)}`;
      return new CallFailure('FAILED', `\`${text}\`: the server could not do that, ${said}`);
    }
    default:
      return new CallFailure('FAILED', `\`${text}\`: ${harmless(cause.message)}`);
  }
}

/**
 * Walks what lies below a folder, and goes neither into links nor into folders that the caller doesn't want entered. Says each folder
 * before what is in it, and after it.
 */
export async function* walkRemote(
  files: RemoteFiles,
  folder: RemotePath,
  bound: { readonly entries: number; readonly enters?: (folder: RemotePath) => boolean },
): AsyncGenerator<{ readonly path: RemotePath; readonly entry: RemoteEntry; readonly when: 'before' | 'after' }> {
  let walked = 0;
  async function* inside(parent: RemotePath): ReturnType<typeof walkRemote> {
    if (parent.names.length > maxDepth) {
      throw new CallFailure('LIMIT_EXCEEDED', `folders there go down more than ${maxDepth} levels`);
    }
    // Held while it is walked, so that a server can't change what it said a folder is.
    const found: { readonly name: string; readonly entry: RemoteEntry }[] = [];
    for await (const item of files.list(parent)) {
      walked += 1;
      if (walked > bound.entries) {
        throw new CallFailure('LIMIT_EXCEEDED', `there are more than ${bound.entries} files and folders`);
      }
      found.push(item);
    }
    for (const { name, entry } of found.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
      const path = below(parent, name);
      yield { path, entry, when: 'before' };
      if (entry.type !== 'directory' || bound.enters?.(path) === false) continue;
      yield* inside(path);
      yield { path, entry, when: 'after' };
    }
  }
  yield* inside(folder);
}

const maxDepth = 128;
