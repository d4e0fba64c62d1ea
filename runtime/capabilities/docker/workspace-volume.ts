import type { Authorized } from '../../grants/api.ts';
import { CallFailure, type CallScope } from '../capability.ts';
import type { Folder } from '../fs/folder.ts';
import { namesOf } from '../fs/operation.ts';
import { openFolder } from '../fs/workspace.ts';
import { makeName } from './labels.ts';
import type { RunSession } from './session.ts';

/** A folder of the workspace as a volume of the daemon's; it is held open until the container has started. */
export interface WorkspaceVolume extends Disposable {
  readonly volume: string;
}

/**
 * Makes a folder of the workspace mountable, exactly the folder that was checked: a path could be swapped for a link to anywhere between
 * the check and the moment when the daemon, as root, follows it. So the daemon gets the agent's own descriptor, by way of
 * /proc/PID/fd. It binds that as a volume of the driver `local`, in its own mount namespace: as a plain bind mount the path would be
 * followed in the container's, where the kernel refuses it.
 */
export async function shareFolder(
  path: string,
  { session, scope }: { readonly session: RunSession; readonly scope: CallScope },
): Promise<WorkspaceVolume> {
  const { daemon } = session;
  if (!daemon.isHere) return { volume: await shareByPath(path, { session, scope }), [Symbol.dispose]: () => {} };
  const folder = openFolder(scope.workspace, namesOf(path), 'fail');
  try {
    const volume = await bindVolume({ device: devicePath(folder) }, { session, scope });
    return { volume, [Symbol.dispose]: () => folder[Symbol.dispose]() };
  } catch (cause) {
    folder[Symbol.dispose]();
    throw cause;
  }
}

/**
 * The whole workspace, for a daemon that sees the agent's state at a path of its own: the agent is in a container. No step can exchange any
 * part of that path, which lies above the workspace. Parts of one that go on within it, steps can, so those are refused.
 */
async function shareByPath(
  path: string,
  { session, scope }: { readonly session: RunSession; readonly scope: CallScope },
): Promise<string> {
  const { daemonPath } = scope;
  if (daemonPath === undefined || !session.daemon.seesState) {
    const message = 'the Docker daemon does not see the files and processes of the agent';
    const how =
      daemonPath === undefined
        ? 'Run both on the same machine. An agent in a container needs `docker.workspace-host-path`: where the daemon sees its `state-dir`; or use volumes.'
        : "Let `docker.workspace-host-path` name the folder of the daemon's machine that is mounted at the agent's `state-dir`; or use volumes.";
    throw new CallFailure('CONFINEMENT_UNAVAILABLE', message, { remedy: how });
  }
  if (namesOf(path).length > 0) {
    const message = `\`${path}\` can't be mounted by an agent in a container: until the daemon follows its path, a step could put a link in its place`;
    throw new CallFailure('CONFINEMENT_UNAVAILABLE', message, {
      remedy: 'Mount the whole workspace (`.`), or run the agent on the machine of the daemon; or use volumes.',
    });
  }
  return await bindVolume({ device: daemonPath(scope.workspace) }, { session, scope });
}

/** Has the daemon make a volume of a folder that it sees; gives its name. */
async function bindVolume(
  { device }: { readonly device: string },
  { session, scope }: { readonly session: RunSession; readonly scope: CallScope },
): Promise<string> {
  const name = makeName(scope.random);
  await session.daemon.reaper();
  await session.daemon.engine.ask({
    method: 'POST',
    path: '/volumes/create',
    json: {
      Name: name,
      Driver: 'local',
      DriverOpts: { type: 'none', o: 'bind', device },
      Labels: session.labels(scope, name),
    },
  });
  return name;
}

function devicePath({ path }: Folder): string {
  const fd = /^\/proc\/self\/fd\/([0-9]+)$/u.exec(path)?.[1];
  if (fd === undefined) throw new TypeError('folders are held by descriptor on Linux');
  return `/proc/${process.pid}/fd/${fd}`;
}

/** So deep, and with such names, a file that only a pattern for all files below the folder means. */
const probes: readonly ((random: string) => string)[] = [
  (random) => random,
  (random) => `.${random}`,
  (random) => `${random}/.${random}/${random}/${random}`,
];

/**
 * Mounting a folder needs what fs needs to read (or write) all that may ever be below it: `read: src/**`. The names that are asked
 * about are random, so that no narrower pattern means them.
 */
export function requireFolder(
  asking: Pick<Authorized, 'implied'>,
  { path, access }: { readonly path: string; readonly access: 'read' | 'write' },
  random: CallScope['random'],
): void {
  const folder = namesOf(path).join('/');
  const name = Buffer.from(random.bytes(12)).toString('hex');
  for (const probe of probes) {
    const below = folder === '' ? probe(name) : `${folder}/${probe(name)}`;
    const needed = access === 'write' ? (['read', 'write'] as const) : (['read'] as const);
    for (const operation of needed) {
      const args = operation === 'write' ? { path: below, content: '' } : { path: below };
      const answer = asking.implied({ capability: 'fs', operation, args });
      if (answer.kind === 'allowed') continue;
      const pattern = folder === '' ? '**' : `${folder}/**`;
      throw new CallFailure('DENIED', `mounting \`${path}\` needs fs to ${operation} all of \`${pattern}\``, {
        rule: answer.denial.rule,
        remedy: `Allow \`fs: { ${operation}: "${pattern}" }\` in that layer.`,
      });
    }
  }
}
