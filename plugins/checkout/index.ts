import { definePlugin, type Plugin } from 'waterflow/plugin';
import { type Commit, describeHead } from './commit.ts';
import { type Purpose, surroundingsOf } from './configuration.ts';
import { type Earlier, emptyFolder, leaveNote, nameEarlier, openFolder, type Place, stripEarlier } from './folder.ts';
import { createGit, type Git, GitFailure } from './git.ts';
import { type Inputs, readInputs, type Wanted } from './inputs.ts';
import { chooseTarget, patternsFor, type Target } from './reference.ts';
import { checkOut, fetch, takeOver, updateSubmodules } from './tree.ts';

interface Outputs extends Commit {
  readonly ref: string;
}

/** One checkout. */
interface Task {
  readonly place: Place;
  readonly wanted: Wanted;
  readonly target: Target;
  readonly gitFor: (purpose?: Purpose) => Git;
}

const plugin: Plugin<Inputs, Outputs> = definePlugin(async (inputs, host) => {
  const wanted = readInputs(inputs);
  const { repository, credentials, path } = wanted;
  const place: Place = { host, path };
  const gitFor = (purpose?: Purpose): Git => createGit(host, path, surroundingsOf(repository, credentials, purpose));
  const names = await openFolder(place);
  if (!wanted.incremental) await emptyFolder(place);
  // Before an earlier checkout is touched, and without a look at its settings: who can't be reached takes nothing away.
  const target = await askServer(gitFor({ outside: true }), wanted);
  const task: Task = { place, wanted, target, gitFor };
  const isTriedAgain = wanted.incremental && wanted.sparse.length === 0 && names.length > 0;
  const earlier = isTriedAgain ? await takeUpEarlier(task) : undefined;
  try {
    if (earlier === undefined) await emptyFolder(place);
    return await checkOutInto(task, earlier);
  } catch (cause) {
    // An earlier checkout's objects and note are there still: the next try goes on from them.
    if (earlier === undefined) await leaveNothing(place);
    throw cause;
  }
});
export default plugin;

async function askServer(git: Git, { repository, ref, lfs }: Wanted): Promise<Target> {
  if (lfs) await requireLfs(git);
  const args = ['ls-remote', '--symref', '--', repository.url, ...patternsFor(ref)];
  return chooseTarget(ref, await git.capture(args));
}

async function checkOutInto(task: Task, earlier: Earlier | undefined): Promise<Outputs> {
  const { place, wanted, target, gitFor } = task;
  const { repository, depth, lfs } = wanted;
  const git = gitFor();
  if (earlier === undefined) await begin(git, target, repository.url);
  if (wanted.sparse.length > 0) {
    await writePart(task);
  } else {
    await fetch(git, target, { depth, isShallow: earlier?.isShallow === true });
    if (earlier !== undefined) await takeOver(git, target, wanted);
    await checkOut(gitFor({ lfs }), target, wanted);
  }
  await updateSubmodules(gitFor({ submodules: true }), wanted);
  const commit = await describeHead(git);
  if (wanted.incremental) await leaveNote(place, { repository: repository.url, commit: commit.commit });
  return { ...commit, ref: target.kind === 'commit' ? commit.commit : target.full };
}

async function begin(git: Git, { commit }: Target, url: string): Promise<void> {
  await git.run(['init', '--quiet', ...(commit.length === 64 ? ['--object-format=sha256'] : [])]);
  await git.run(['remote', 'add', '--', 'origin', url]);
}

/** Makes what an earlier checkout left a repository to fetch into; undefined where that can't be. */
async function takeUpEarlier({ place, wanted, target, gitFor }: Task): Promise<Earlier | undefined> {
  const { url } = wanted.repository;
  const earlier = await stripEarlier(place, url);
  if (earlier?.commit.length === target.commit.length) {
    const git = gitFor();
    await begin(git, target, url);
    if (await nameEarlier(git, earlier.commit)) {
      place.host.log(`going on from ${earlier.commit}`);
      return earlier;
    }
  }
  place.host.log('what lies here is no earlier checkout of this repository that can be used again: starting anew');
  return undefined;
}

/** What git says where a server doesn't give it the content of a file, from 2.36 on. */
const lacksObjects =
  /could not fetch [0-9a-f]+ from promisor remote|unable to read sha1 file|unadvertised object|not our ref/;

/** Fetches only what is written, or everything from a server that doesn't give away single files. */
async function writePart({ place, wanted, target, gitFor }: Task): Promise<void> {
  const { depth, repository, lfs } = wanted;
  const [git, writing] = [gitFor(), gitFor({ lfs })];
  await fetch(git, target, { depth, isPartial: true });
  try {
    await checkOut(writing, target, wanted, { keepsErrors: true });
  } catch (cause) {
    if (!(cause instanceof GitFailure && lacksObjects.test(cause.says))) throw cause;
    place.host.log('the server does not send single files; fetching all of them');
    await emptyFolder(place);
    await begin(git, target, repository.url);
    await fetch(git, target, { depth });
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
