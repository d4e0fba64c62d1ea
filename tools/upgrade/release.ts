import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** An earlier state of this repository, as it was checked out then. */
export interface Release extends Disposable {
  readonly folder: string;
  readonly commit: string;
}

/** Checks a commit out beside this one. It has the packages of this one, hard links to which take no time. */
export function checkOutRelease(revision: string): Release {
  const commit = must('git', ['rev-parse', '--verify', `${revision}^{commit}`]).trim();
  const place = mkdtempSync(join(tmpdir(), 'waterflow-upgrade-'));
  const folder = join(place, 'release');
  must('git', ['worktree', 'add', '--quiet', '--detach', folder, commit]);
  must('cp', ['-al', join(root, 'node_modules'), join(folder, 'node_modules')]);
  return {
    folder,
    commit,
    [Symbol.dispose]() {
      must('git', ['worktree', 'remove', '--force', folder]);
      rmSync(place, { recursive: true, force: true });
    },
  };
}

/** What a program prints; throws with its complaint where it fails. */
function must(program: string, argv: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, argv, { cwd: root, encoding: 'utf8' });
  if (status === 0) return stdout;
  throw new Error(`${program} ${argv.join(' ')}: ${error?.message ?? stderr}`);
}
