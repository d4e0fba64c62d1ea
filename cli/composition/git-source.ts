import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { PluginFile } from '../../runtime/manifest/index.ts';
import type { PackedFrom } from '../../runtime/packages/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

const execute = promisify(execFile);

/** Of lists of all files that a folder may have. */
const longestOutputBytes = 16 * 1024 * 1024;

/**
 * The commit that a plugin's folder is at, and whether `files`, those that are packed, are what that commit holds. Undefined where the folder
 * is in no repository, or not a part of what was committed, and where git can't read the repository, which is said on stderr.
 *
 * It depends on the files and the commit alone: on no setting of the user, the machine or the working copy, and not on whose the repository is.
 */
export async function gitSource(
  terminal: Pick<Terminal, 'env' | 'stderr'>,
  folder: AbsolutePath,
  files: readonly PluginFile[],
): Promise<PackedFrom['source']> {
  if (!isInRepository(folder)) return undefined;
  const git = gitIn(folder, terminal);
  try {
    const commit = await headOf(git);
    if (commit === undefined) return undefined;
    const committed = entriesIn(await git('ls-tree', '-r', '-z', commit, '--', '.'));
    // A plugin that the repository ignores, or doesn't know yet, is not what its commit holds.
    if (!committed.has('plugin.yaml')) return undefined;
    const ignored = namesIn(
      await git('ls-files', '-z', '--others', '--ignored', '--exclude-per-directory=.gitignore', '--', '.'),
    );
    return { commit, clean: isAsCommitted(folder, { files, committed, ignored }) };
  } catch (error) {
    const warning = `warning: the package says nothing of a commit, since git doesn't: ${reasonOf(error)}`;
    terminal.stderr.write(`${plainLine(warning)}\n`);
    return undefined;
  }
}

type Git = (...argv: readonly string[]) => Promise<string>;

/** Undefined where nothing was committed yet. Rejects where git can't tell. */
async function headOf(git: Git): Promise<string | undefined> {
  try {
    return (await git('rev-parse', '--verify', '--quiet', 'HEAD^{commit}')).trim();
  } catch (error) {
    // Its way to say no; else it is 128.
    if (error instanceof Error && 'code' in error && error.code === 1) return undefined;
    throw error;
  }
}

/** Of what git said, the sentence by which it ended. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n').find((line) => line.startsWith('fatal: ')) ?? message).trim();
}

/**
 * Neither writes nor starts anything that a repository's own settings name, so that it may be anybody's: what is asked of git here runs no
 * filters, hooks or pagers; the monitor of files is off, and what a partial clone lacks may not be fetched.
 */
function gitIn(folder: AbsolutePath, { env }: Pick<Terminal, 'env'>): Git {
  const settings = ['core.fsmonitor=false', 'safe.directory=*', 'safe.bareRepository=explicit'];
  const options = {
    cwd: folder,
    // Nothing of GIT_DIR and the like: it would be the commit of another folder.
    env: {
      PATH: env['PATH'],
      LC_ALL: 'C',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_OPTIONAL_LOCKS: '0',
      GIT_NO_LAZY_FETCH: '1',
      GIT_ALLOW_PROTOCOL: 'none',
      GIT_NO_REPLACE_OBJECTS: '1',
    },
    maxBuffer: longestOutputBytes,
  };
  return async (...argv) =>
    (await execute('git', ['--no-pager', ...settings.flatMap((each) => ['-c', each]), ...argv], options)).stdout;
}

function isInRepository(folder: string): boolean {
  return existsSync(join(folder, '.git')) || (dirname(folder) !== folder && isInRepository(dirname(folder)));
}

/** A file as a commit has it. */
interface Committed {
  readonly mode: string;
  readonly id: string;
}

/** `100644 blob 9dae…\tsrc/index.ts`, each ended by NUL. */
function entriesIn(list: string): ReadonlyMap<string, Committed> {
  return new Map(
    namesIn(list).map((line) => {
      const [, mode = '', id = '', path = ''] = /^(\d+) \w+ ([0-9a-f]+)\t([^]*)$/.exec(line) ?? [];
      return [path, { mode, id }];
    }),
  );
}

/** In Unicode's composed form, as a plugin's files are called. */
function namesIn(list: string): readonly string[] {
  return list.split('\0').flatMap((name) => (name === '' ? [] : name.normalize('NFC')));
}

/** Whether each file is in the commit as it is, or left to builds by a .gitignore, and none of the commit's is gone. */
function isAsCommitted(
  folder: AbsolutePath,
  given: {
    readonly files: readonly PluginFile[];
    readonly committed: ReadonlyMap<string, Committed>;
    readonly ignored: readonly string[];
  },
): boolean {
  const ignored = new Set(given.ignored);
  const isKnown = (file: PluginFile): boolean => {
    const entry = given.committed.get(file.path);
    return entry === undefined ? ignored.has(file.path) : isSame(file, entry);
  };
  const packed = new Set(given.files.map(({ path }) => path));
  // What packing leaves out may lie there.
  const isThere = (path: string): boolean => packed.has(path) || existsSync(join(folder, path));
  return given.files.every(isKnown) && [...given.committed.keys()].every(isThere);
}

/** Git's name for a content: the digest of its kind, length and bytes, by SHA-1 unless the repository was made for SHA-256. */
function isSame({ bytes, executable }: PluginFile, { mode, id }: Committed): boolean {
  if (mode !== (executable ? '100755' : '100644')) return false;
  const hash = createHash(id.length === 64 ? 'sha256' : 'sha1');
  return hash.update(`blob ${bytes.length}\0`).update(bytes).digest('hex') === id;
}
