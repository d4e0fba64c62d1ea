import type { Git } from './git.ts';
import type { Wanted } from './inputs.ts';
import { refspecOf, type Target } from './reference.ts';

const everything = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'];

/** Fetches what was asked for; without the files' content where it `isPartial`, which comes when they are written. */
export async function fetch(
  git: Git,
  target: Target,
  { depth, isPartial }: { readonly depth: number; readonly isPartial: boolean },
): Promise<void> {
  const filter = isPartial ? ['--filter=blob:none'] : [];
  if (depth === 0) {
    const own = target.kind === 'other' ? [refspecOf(target)] : [];
    await git.run(['fetch', '--quiet', '--no-tags', ...filter, '--', 'origin', ...everything, ...own]);
    return;
  }
  const alone = ['fetch', '--quiet', '--no-tags', `--depth=${depth}`, ...filter, '--', 'origin', refspecOf(target)];
  if (target.kind !== 'commit') {
    await git.run(alone);
  } else if (!(await git.succeeds(alone))) {
    // A server may refuse to send a commit that no branch or tag points at, so everything is fetched.
    await git.run(['fetch', '--quiet', '--no-tags', ...filter, '--', 'origin', ...everything]);
  }
}

/** Writes the files. Fails where the content of a partial fetch isn't there and can't be had. */
export async function checkOut(git: Git, target: Target, { sparse }: Wanted): Promise<void> {
  if (sparse.length > 0) {
    await git.run(['sparse-checkout', 'set', '--cone', '--stdin'], { stdin: `${sparse.join('\n')}\n` });
  }
  switch (target.kind) {
    case 'branch':
      return git.run(['checkout', '--quiet', '--force', '-B', target.name, `refs/remotes/origin/${target.name}`, '--']);
    default:
      return git.run(['checkout', '--quiet', '--force', '--detach', nameOf(target), '--']);
  }
}

/** Has git find out which of the files that lie there are as they should be, and removes those that it doesn't know. */
export async function takeOver(git: Git, target: Target): Promise<void> {
  await git.run(['read-tree', '--reset', nameOf(target)]);
  await git.run(['clean', '--quiet', '-ffdx']);
  // It ends with 1 where files differ, which checkout then writes.
  await git.succeeds(['update-index', '-q', '--refresh']);
}

/** Where the fetched commit is found. */
function nameOf(target: Target): string {
  switch (target.kind) {
    case 'branch':
      return `refs/remotes/origin/${target.name}`;
    case 'tag':
      return target.full;
    case 'commit':
      return target.commit;
    default:
      return 'refs/remotes/waterflow/target';
  }
}

/** Checks out submodules, and theirs, where the step asks for them. */
export async function updateSubmodules(git: Git, { submodules, depth }: Wanted): Promise<void> {
  if (submodules === 'none') return;
  await git.run([
    'submodule',
    'update',
    '--init',
    ...(depth > 0 ? [`--depth=${depth}`] : []),
    ...(submodules === 'recursive' ? ['--recursive'] : []),
  ]);
}
