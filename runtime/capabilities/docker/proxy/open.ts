import { chmod, chown, type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { AbsolutePath } from '../../../../schemas/index.ts';
import type { Authorized } from '../../../grants/api.ts';
import { CallFailure, type CallScope, type SecretVault } from '../../capability.ts';
import type { ExecFolder, Owner } from '../../exec/folder.ts';
import type { Profile } from '../../exec/rule.ts';
import type { DockerMachinery } from '../operations/machinery.ts';
import { apiVersions } from '../wire/client.ts';
import { failureOfEngine } from '../wire/errors.ts';
import { discardUnstarted } from './containers.ts';
import { namesOfPlugin } from './names.ts';
import { dockerFolderInside } from './place.ts';
import { createRecorder } from './recorder.ts';
import { createSocketServer, type Serving } from './server.ts';

/** An exec's own docker socket. Disposed of, it and all its connections are gone, and the audit has what was asked. */
export interface DockerSocket extends AsyncDisposable {
  /** The folder that holds it, to be shown to a confined program at `dockerFolderInside`. */
  readonly folder: AbsolutePath;
  /** What the docker and compose clients go by. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What opening one needs. */
export interface DockerSocketContext {
  readonly scope: CallScope;
  readonly machinery: DockerMachinery;
  readonly folder: ExecFolder;
  readonly owner: Owner;
  readonly profile: Profile;
  /** The workspace's paths as the program sees them. */
  readonly workspaces: readonly AbsolutePath[];
}

const socketName = 'docker.sock';
/** Of the address of a unix socket: sun_path without its NUL (unix(7)). */
const maxAddressBytes = 107;

/** Begins to listen. */
export async function openDockerSocket(
  exec: Pick<Authorized, 'implied'>,
  { scope, machinery, folder, owner, profile, workspaces }: DockerSocketContext,
): Promise<DockerSocket> {
  // Below an absolute path.
  const place = join(folder.root, 'docker') as AbsolutePath;
  const address = join(profile === 'workspace' ? dockerFolderInside : place, socketName);
  requireShort(address);
  const over = new AbortController();
  const recorder = createRecorder(scope.audit, (line) => scope.log('log', line));
  const own: CallScope = {
    ...scope,
    // A client's text is what it is; a placeholder in it stands for nothing.
    secrets: noSecrets,
    signal: AbortSignal.any([scope.signal, over.signal]),
  };
  const session = await machinery.session(scope).catch((cause: unknown) => {
    throw failureOfEngine(cause, 'docker');
  });
  const context: Serving['context'] = {
    scope: own,
    session,
    machinery,
    names: namesOfPlugin(session, scope.owner.plugin.digest),
    workspaces,
    unstarted: new Set(),
    over: over.signal,
  };
  const { server, close } = createSocketServer({ context, exec, recorder });
  const held = await listen(server, place, owner);
  return {
    folder: place,
    environment: {
      DOCKER_HOST: `unix://${address}`,
      DOCKER_CONFIG: join(folder.home, '.docker'),
      DOCKER_API_VERSION: apiVersions.oldest,
      COMPOSE_API_VERSION: apiVersions.oldest,
      // BuildKit needs a session, by which the daemon reaches into the client.
      DOCKER_BUILDKIT: '0',
      COMPOSE_DOCKER_CLI_BUILD: '0',
      DOCKER_CLI_HINTS: 'false',
    },
    async [Symbol.asyncDispose]() {
      over.abort();
      await close();
      await held.close();
      await discardUnstarted(context);
      scope.audit.note({ docker: recorder.facts() });
    },
  };
}

const noSecrets: SecretVault = {
  placeholder: () => undefined,
  reveal: (text) => ({ text, used: [] }),
  mentioned: () => [],
};

function requireShort(address: string): void {
  if (Buffer.byteLength(address) <= maxAddressBytes) return;
  throw new CallFailure('FAILED', `\`${address}\` is too long for the address of a unix socket`, {
    remedy: "Give the agent's temporary folders a shorter path (TMPDIR).",
  });
}

/**
 * Only who owns the exec's folder gets at it: the agent makes the folder, listens in it, and hands it over. By the folder's descriptor
 * the socket has a short path, whatever its own is; Node removes the socket by that path, so the descriptor is open until then.
 */
async function listen(
  server: ReturnType<typeof createSocketServer>['server'],
  place: AbsolutePath,
  owner: Owner,
): Promise<FileHandle> {
  await mkdir(place, { mode: 0o700 });
  const held = await open(place, 'r');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(`/proc/self/fd/${held.fd}/${socketName}`, resolve);
  await promise;
  server.off('error', reject);
  server.on('error', () => undefined);
  const socket = join(place, socketName);
  await chmod(socket, 0o600);
  if (owner !== undefined) for (const path of [socket, place]) await chown(path, owner.uid, owner.gid);
  return held;
}
