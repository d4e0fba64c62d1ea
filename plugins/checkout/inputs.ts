import { checkRef, isCommit } from './reference.ts';
import { parsePath, parseRepository, type Repository } from './repository.ts';

/** As the step gives them. */
export interface Inputs {
  readonly repository: string;
  readonly ref?: string;
  readonly path?: string;
  readonly depth?: number;
  readonly sparse?: string | readonly string[];
  readonly submodules?: boolean | 'true' | 'false' | 'recursive';
  readonly lfs?: boolean;
  readonly incremental?: boolean;
  readonly token?: string;
  readonly username?: string;
  readonly 'ssh-key'?: string;
  readonly 'known-hosts'?: string;
  readonly ca?: string;
}

/** What opens a repository. Each is a placeholder: the agent puts the value into a file that only git reads. */
export interface Credentials {
  readonly username: string;
  readonly token?: string;
  readonly sshKey?: string;
  readonly knownHosts?: string;
  readonly ca?: string;
}

/** What was asked for, checked. */
export interface Wanted {
  readonly repository: Repository;
  readonly credentials: Credentials;
  readonly ref: string | undefined;
  /** A folder of the workspace; `.` for the workspace itself. */
  readonly path: string;
  /** Commits of history; 0 for all. */
  readonly depth: number;
  /** Folders; none for all of them. */
  readonly sparse: readonly string[];
  readonly submodules: 'none' | 'direct' | 'recursive';
  readonly lfs: boolean;
  readonly incremental: boolean;
}

/** Checks the inputs. Throws an error that names the one that is wrong. */
export function readInputs(inputs: Inputs): Wanted {
  const repository = parseRepository(inputs.repository);
  const { ref } = inputs;
  if (ref !== undefined) checkRef(ref);
  if (repository.protocol === 'git' && (ref === undefined || !isCommit(ref))) {
    throw new Error(
      'repository: git:// is neither encrypted nor signed, so `ref` has to be a whole commit id, by which git tells what it got; or use https or ssh',
    );
  }
  const wanted = String(inputs.submodules ?? 'false');
  const sparse = pathsOf(inputs.sparse ?? []);
  return {
    repository,
    credentials: credentialsOf(inputs, repository),
    ref,
    path: parsePath(inputs.path ?? '.'),
    depth: inputs.depth ?? 1,
    sparse,
    submodules: wanted === 'false' ? 'none' : wanted === 'recursive' ? 'recursive' : 'direct',
    lfs: inputs.lfs ?? false,
    incremental: inputs.incremental ?? false,
  };
}

function credentialsOf(inputs: Inputs, repository: Repository): Credentials {
  if (repository.protocol === 'ssh' && !inputs['ssh-key']) {
    throw new Error('ssh-key: a repository over ssh needs a private key, as ${{ secrets.NAME }}');
  }
  if (inputs.token && repository.protocol !== 'https') {
    throw new Error(`token: it is for https, and this repository is reached by ${repository.protocol}`);
  }
  const username = inputs.username ?? 'x-access-token';
  if (/[\0\n\r]/.test(username)) throw new Error('username: a user name is one line');
  return {
    username,
    ...(inputs.token ? { token: inputs.token } : {}),
    ...(inputs['ssh-key'] ? { sshKey: inputs['ssh-key'] } : {}),
    ...(inputs['known-hosts'] ? { knownHosts: inputs['known-hosts'] } : {}),
    ...(inputs.ca ? { ca: inputs.ca } : {}),
  };
}

/** Folders of the repository, one a line or a list. */
function pathsOf(given: string | readonly string[]): readonly string[] {
  const lines = typeof given === 'string' ? given.split('\n') : given;
  return lines
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const parts = line.split('/').filter((part) => part !== '' && part !== '.');
      if (line.startsWith('/') || parts.length === 0 || parts.includes('..') || /[\0\n\r"]/.test(line)) {
        throw new Error(`sparse: ${JSON.stringify(line)} is no folder of the repository`);
      }
      return parts.join('/');
    });
}
