import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { PackedFrom } from '../../runtime/packages/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';

const execute = promisify(execFile);

/** Of thousands of changed files; whether there is one is all that counts. */
const longestOutputBytes = 16 * 1024 * 1024;

/**
 * The commit that a plugin's folder is at, and whether it is as that commit has it. Undefined where it is in no repository, or not a
 * part of it, or there is no git. What git is told here neither writes nor starts anything that the repository's own settings name.
 */
export async function gitSource({ env }: Pick<Terminal, 'env'>, folder: AbsolutePath): Promise<PackedFrom['source']> {
  const git = async (...argv: readonly string[]): Promise<string | undefined> => {
    try {
      const { stdout } = await execute('git', ['-c', 'core.fsmonitor=false', ...argv], {
        cwd: folder,
        // Nothing of GIT_DIR and the like: it would be the commit of another folder.
        env: { PATH: env['PATH'], HOME: env['HOME'], LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' },
        maxBuffer: longestOutputBytes,
      });
      return stdout;
    } catch {
      // No git, no repository, no commit, or a repository of somebody else's: then the package says nothing of a source.
      return undefined;
    }
  };
  // A plugin that the repository ignores, or doesn't know yet, is not what its commit holds.
  if ((await git('ls-files', '--error-unmatch', '--', 'plugin.yaml')) === undefined) return undefined;
  const commit = (await git('rev-parse', '--verify', 'HEAD^{commit}'))?.trim();
  const changes = await git('status', '--porcelain', '--untracked-files=all', '--', '.');
  return commit === undefined || changes === undefined ? undefined : { commit, clean: changes === '' };
}
