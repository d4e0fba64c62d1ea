import type { Git } from './git.ts';
import type { Wanted } from './inputs.ts';
import { refspecOf, type Target } from './reference.ts';

const everything = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'];

/** Without an end (git's own number for that): also the parents that a shallow repository lacks. */
const unbounded = '--depth=2147483647';

/**
 * Fetches what was asked for; without the files' content where it `isPartial`, which comes when they are written. Where what is there
 * `isShallow`, all of the history is more than git would ask for by itself.
 */
export async function fetch(
  git: Git,
  target: Target,
  {
    depth,
    isPartial = false,
    isShallow = false,
  }: { readonly depth: number; readonly isPartial?: boolean; readonly isShallow?: boolean },
): Promise<void> {
  const filter = isPartial ? ['--filter=blob:none'] : [];
  const whole = [...(isShallow ? [unbounded] : []), ...filter];
  if (depth === 0) {
    const own = target.kind === 'other' ? [refspecOf(target)] : [];
    await git.run(['fetch', '--quiet', '--no-tags', ...whole, '--', 'origin', ...everything, ...own]);
    return;
  }
  const alone = ['fetch', '--quiet', '--no-tags', `--depth=${depth}`, ...filter, '--', 'origin', refspecOf(target)];
  if (target.kind !== 'commit') {
    await git.run(alone);
  } else if (!(await git.succeeds(alone))) {
    // A server may refuse to send a commit that no branch or tag points at, so everything is fetched.
    await git.run(['fetch', '--quiet', '--no-tags', ...whole, '--', 'origin', ...everything]);
  }
}

/** Writes the files. Fails where the content of a partial fetch isn't there and can't be had. */
export async function checkOut(
  git: Git,
  target: Target,
  { sparse }: Wanted,
  more: { readonly keepsErrors?: boolean } = {},
): Promise<void> {
  if (sparse.length > 0) {
    await git.run(['sparse-checkout', 'set', '--cone', '--stdin'], { stdin: `${sparse.join('\n')}\n` });
  }
  const head = target.kind === 'branch' ? ['-B', target.name] : ['--detach'];
  await git.run(['checkout', '--quiet', '--force', ...head, nameOf(target), '--'], more);
}

/** Has git find out which of the files that lie there are as they should be, and removes those that it doesn't know. */
export async function takeOver(git: Git, target: Target, { lfs }: Wanted): Promise<void> {
  await git.run(['read-tree', '--reset', nameOf(target)]);
  await git.run(['clean', '--quiet', '-ffdx']);
  // A pointer in the place of a large file would count as the file, with git-lfs's filter and without it: so all are written.
  if (lfs) return;
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
