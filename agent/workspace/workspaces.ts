import { mkdtempSync } from 'node:fs';
import { lstat, mkdir, readdir } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';
import { removeTree } from './remove-tree.ts';

/** The folders of one job attempt: its workspace, and beside it the folder for temporary files (`runner.temp`). */
export interface Workspace {
  readonly workspace: AbsolutePath;
  readonly temp: AbsolutePath;
}

/** Makes and removes the folders of job attempts: `work/<n>` and `temp/<n>` in the folder of their run. */
export interface Workspaces {
  /** Empty folders that only the agent's user may enter. */
  create(run: string): Promise<Workspace>;
  /** The workspace that an earlier process made for this run, as it was left. WORKSPACE_GONE where it isn't there. */
  reopen(run: string, workspace: AbsolutePath): Promise<Workspace>;
  /** The folders of a workspace that this or an earlier process made, whether or not they are there; undefined for any other path. */
  left(workspace: AbsolutePath): Workspace | undefined;
  remove(workspace: Workspace): Promise<void>;
  /** Leaves the workspace for reopen(); temporary files go. */
  keep(workspace: Workspace): Promise<void>;
  /** An empty folder for one invocation: made when it is first asked for, which most never do. */
  scratch(workspace: Workspace): Scratch;
}

/** A folder of one invocation. */
export interface Scratch {
  path(): AbsolutePath;
  /** Removes it with all that is in it, if it was made. */
  remove(): Promise<void>;
}

/** Only the agent's own user. */
const privateMode = 0o700;

/** `state` is the folder in which each run has its own. */
export function createWorkspaces(state: AbsolutePath): Workspaces {
  return {
    create: async (run) => {
      const work = join(state, run, 'work');
      await mkdir(work, { recursive: true, mode: privateMode });
      const workspace = await makeNext(work);
      return { workspace, temp: await emptyTemp(workspace) };
    },

    reopen: async (run, workspace) => {
      const within = dirname(normalize(workspace)) === join(state, run, 'work');
      const status = within ? await lstat(workspace).catch(() => undefined) : undefined;
      if (!status?.isDirectory()) {
        throw gone(workspace);
      }
      return { workspace, temp: await emptyTemp(workspace) };
    },

    left: (workspace) => {
      const [number, work, run, ...above] = normalize(workspace).split('/').toReversed();
      const made = Number.isSafeInteger(Number(number)) && number !== '' && work === 'work' && run !== '';
      const ours = made && above.toReversed().join('/') === normalize(state);
      return ours ? { workspace, temp: tempOf(workspace) } : undefined;
    },

    // The workspace last: once its number is free, another job's folders may have it.
    remove: async ({ workspace, temp }) => {
      await removeTree(temp);
      await removeTree(workspace);
    },

    keep: ({ temp }) => removeTree(temp),

    scratch: ({ temp }) => {
      let made: AbsolutePath | undefined;
      return {
        path: () => {
          // mkdtemp makes a folder in an absolute one.
          made ??= mkdtempSync(join(temp, 'step-')) as AbsolutePath;
          return made;
        },
        remove: async () => {
          if (made !== undefined) {
            await removeTree(made);
          }
        },
      };
    },
  };
}

/** The folder after the highest one; a number that another job takes at the same time is passed over. */
async function makeNext(work: string): Promise<AbsolutePath> {
  const taken = (await readdir(work)).map(Number).filter(Number.isSafeInteger);
  for (let number = Math.max(0, ...taken) + 1; ; number += 1) {
    const folder = join(work, String(number));
    try {
      await mkdir(folder, { mode: privateMode });
      // `state` is absolute, and join() normalizes.
      return folder as AbsolutePath;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
        throw error;
      }
    }
  }
}

function gone(workspace: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'WORKSPACE_GONE',
    message: `the workspace ${workspace} of this run is not there any more`,
    remedy: 'Run the job again from its first step: it gets a new, empty workspace.',
  });
}

/** `temp/<n>` beside `work/<n>`: outside the workspace, so that no glob of a step finds it. */
function tempOf(workspace: AbsolutePath): AbsolutePath {
  const number = normalize(workspace).split('/').at(-1) ?? '';
  // The workspace is absolute, so this is.
  return join(dirname(dirname(workspace)), 'temp', number) as AbsolutePath;
}

async function emptyTemp(workspace: AbsolutePath): Promise<AbsolutePath> {
  const temp = tempOf(workspace);
  await removeTree(temp);
  await mkdir(temp, { recursive: true, mode: privateMode });
  return temp;
}
