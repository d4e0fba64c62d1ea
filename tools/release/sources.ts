import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, lstatSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { BuiltFrom } from '../../cli/version.ts';

/** Sources of which a release is made, in a folder of their own. */
export interface Sources {
  readonly folder: string;
  readonly built: BuiltFrom;
  /** The commit's time, which is all the times in the release. */
  readonly time: Date;
}

/**
 * Copies what git tracks into an empty folder, with the modes that git knows, so that neither the umask nor what lies about changes what is
 * built; the dependencies stay where they are. Throws where something is not committed, unless `allowChanges`.
 */
export function copyTracked(root: string, folder: string, options: { readonly allowChanges: boolean }): Sources {
  const git = (...argv: readonly string[]): string =>
    execFileSync('git', argv, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const changes = git('status', '--porcelain').trim();
  if (changes !== '' && !options.allowChanges) {
    throw new Error(
      `a release is made of what is committed, and this is not:\n${changes}\nCommit it, or try with --uncommitted, which marks the release.`,
    );
  }
  for (const entry of git('ls-files', '-z', '--stage', '--cached').split('\0')) {
    const [, mode, path] = /^([0-7]{6}) [0-9a-f]+ 0\t(.+)$/su.exec(entry) ?? [];
    if (mode === undefined || path === undefined || !isThere(join(root, path))) continue;
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    copyFileSync(join(root, path), target);
    chmodSync(target, mode === '100755' ? 0o755 : 0o644);
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const [commit = '', seconds = ''] = git('log', '-1', '--format=%H %ct').trim().split(' ');
  const time = new Date(Number(seconds) * 1000);
  return { folder, time, built: { commit, committed_at: time.toISOString(), modified: changes !== '' } };
}

/** A file that was removed and is still in the index. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
