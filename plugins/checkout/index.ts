import { definePlugin, type Plugin } from 'waterflow/plugin';
import { surroundingsOf } from './configuration.ts';
import { type Commit, describeHead } from './commit.ts';
import { emptyFolder, leaveNote, nameEarlier, openFolder, type Place, stripEarlier } from './folder.ts';
import { createGit, type Git } from './git.ts';
import { type Inputs, readInputs, type Wanted } from './inputs.ts';
import { chooseTarget, patternsFor, type Target } from './reference.ts';
import { checkOut, fetch, takeOver, updateSubmodules } from './tree.ts';

interface Outputs extends Commit {
  readonly ref: string;
}

const plugin: Plugin<Inputs, Outputs> = definePlugin(async (inputs, host) => {
  const wanted = readInputs(inputs);
  const place: Place = { host, path: wanted.path };
  const names = await openFolder(place);
  const isTriedAgain = wanted.incremental && wanted.sparse.length === 0 && names.length > 0;
  const earlier = isTriedAgain ? await stripEarlier(place, wanted.repository.url) : undefined;
  if (isTriedAgain && earlier === undefined) host.log(startingAnew);
  if (earlier === undefined) await emptyFolder(place);
  try {
    return await checkOutInto(place, wanted, earlier);
  } catch (cause) {
    // What is there is a whole checkout, or was one that the next try goes on from.
    if (earlier === undefined) await leaveNothing(place);
    throw cause;
  }
});
export default plugin;

const startingAnew = 'what lies here is no earlier checkout of this repository that can be used again: starting anew';

async function checkOutInto(place: Place, wanted: Wanted, earlier: string | undefined): Promise<Outputs> {
  const { host, path } = place;
  const { repository, credentials, lfs } = wanted;
  const gitWith = (options: { readonly lfs: boolean }): Git =>
    createGit(host, path, surroundingsOf(repository, credentials, options));
  const git = gitWith({ lfs: false });
  if (lfs) await requireLfs(git);
  const target = await findTarget(git, wanted);
  const isTakenOver = earlier !== undefined && (await reuse(place, git, { target, earlier, url: repository.url }));
  if (!isTakenOver) await begin(git, target, repository.url);
  const writing = lfs ? gitWith({ lfs }) : git;
  if (wanted.sparse.length > 0) {
    await writePart(place, { git, writing }, { target, wanted });
  } else {
    await fetch(git, target, { depth: wanted.depth, isPartial: false });
    if (isTakenOver) await takeOver(git, target);
    await checkOut(writing, target, wanted);
  }
  await updateSubmodules(git, wanted);
  const commit = await describeHead(git);
  if (wanted.incremental) await leaveNote(place, { repository: repository.url, commit: commit.commit });
  return { ...commit, ref: target.kind === 'commit' ? commit.commit : target.full };
}

async function findTarget(git: Git, { repository, ref }: Wanted): Promise<Target> {
  const args = ['ls-remote', '--symref', '--', repository.url, ...patternsFor(ref)];
  return chooseTarget(ref, await git.capture(args));
}

async function begin(git: Git, { commit }: Target, url: string): Promise<void> {
  await git.run(['init', '--quiet', ...(commit.length === 64 ? ['--object-format=sha256'] : [])]);
  await git.run(['remote', 'add', '--', 'origin', url]);
}

/** Makes what an earlier checkout left a repository to fetch into; false, and an empty folder, where that can't be. */
async function reuse(
  place: Place,
  git: Git,
  { target, earlier, url }: { readonly target: Target; readonly earlier: string; readonly url: string },
): Promise<boolean> {
  if (earlier.length === target.commit.length) {
    await begin(git, target, url);
    if (await nameEarlier(git, earlier)) {
      place.host.log(`going on from ${earlier}`);
      return true;
    }
  }
  place.host.log(startingAnew);
  await emptyFolder(place);
  return false;
}

/** Fetches only what is written, or everything from a server that doesn't give away single files. */
async function writePart(
  place: Place,
  { git, writing }: { readonly git: Git; readonly writing: Git },
  { target, wanted }: { readonly target: Target; readonly wanted: Wanted },
): Promise<void> {
  const { depth, repository } = wanted;
  await fetch(git, target, { depth, isPartial: true });
  try {
    await checkOut(writing, target, wanted);
  } catch {
    place.host.log('the server does not send single files; fetching all of them');
    await emptyFolder(place);
    await begin(git, target, repository.url);
    await fetch(git, target, { depth, isPartial: false });
    await checkOut(writing, target, wanted);
  }
}

async function requireLfs(git: Git): Promise<void> {
  if (await git.succeeds(['lfs', 'version'])) return;
  throw new Error(
    "lfs: git-lfs is not installed on the agent's machine; install it, or leave `lfs` out: its files are then the pointers that git has of them",
  );
}

/** Also where the step is cancelled: git may be writing for a moment longer then. */
async function leaveNothing(place: Place): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    try {
      if ((await place.host.fs.list(place.path)).length === 0) return;
      await emptyFolder(place);
    } catch {
      // What was listed is gone, or something came in between.
    }
  }
}
