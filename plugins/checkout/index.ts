import { definePlugin, type Host, type Plugin } from 'waterflow/plugin';
import { type Credentials, type GitSurroundings, surroundingsOf } from './configuration.ts';
import { checkRef, chooseTarget, patternsFor, refspecOf, type Target } from './reference.ts';
import { parsePath, parseRepository, type Repository } from './repository.ts';

interface Inputs {
  readonly repository: string;
  readonly ref?: string;
  readonly path?: string;
  readonly depth?: number;
  readonly submodules?: boolean | 'true' | 'false' | 'recursive';
  readonly token?: string;
  readonly username?: string;
  readonly 'ssh-key'?: string;
  readonly 'known-hosts'?: string;
}

interface Outputs {
  readonly commit: string;
  readonly ref: string;
}

/** Before every command's own arguments. Settings given here win over those that a repository's own file could hold. */
const gitFlags = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'protocol.ext.allow=never'];

const plugin: Plugin<Inputs, Outputs> = definePlugin(async (inputs, host) => {
  const repository = parseRepository(inputs.repository);
  if (inputs.ref !== undefined) {
    checkRef(inputs.ref);
  }
  const path = parsePath(inputs.path ?? '.');
  const git = createGit(host, path, surroundingsOf(repository, credentialsOf(inputs, repository)));

  await prepareFolder(host, path);
  const listing = await git.capture('ls-remote', '--symref', '--', repository.url, ...patternsFor(inputs.ref));
  const target = chooseTarget(inputs.ref, listing);
  await git.run('init', '--quiet', ...(isSha256(target) ? ['--object-format=sha256'] : []));
  await git.run('remote', 'add', '--', 'origin', repository.url);
  await fetch(git, target, inputs.depth ?? 1);
  await checkOut(git, target);
  await updateSubmodules(git, inputs);
  const commit = (await git.capture('rev-parse', '--verify', 'HEAD^{commit}')).trim();
  return { commit, ref: target.kind === 'commit' ? commit : target.full };
});
export default plugin;

function credentialsOf(inputs: Inputs, repository: Repository): Credentials {
  if (repository.protocol === 'ssh' && !inputs['ssh-key']) {
    throw new Error('ssh-key: a repository over ssh needs a private key, as ${{ secrets.NAME }}');
  }
  const username = inputs.username ?? 'x-access-token';
  if (/[\0\n\r]/.test(username)) {
    throw new Error('username: a user name is one line');
  }
  return {
    username,
    ...(inputs.token ? { token: inputs.token } : {}),
    ...(inputs['ssh-key'] ? { sshKey: inputs['ssh-key'] } : {}),
    ...(inputs['known-hosts'] ? { knownHosts: inputs['known-hosts'] } : {}),
  };
}

/** Empties a folder that an earlier checkout (another attempt of this step, say) left, and touches no other. */
async function prepareFolder(host: Host, path: string): Promise<void> {
  if (path !== '.') {
    await host.fs.mkdir(path);
  }
  const names = (await host.fs.list(path)).map((entry) => entry.name);
  if (names.length > 0 && !names.includes('.git')) {
    throw new Error(`path: ${path} isn't empty, and no checkout made it; choose another path`);
  }
  await Promise.all(names.map((name) => host.fs.remove(path === '.' ? name : `${path}/${name}`)));
}

interface Git {
  /** Fails the step where git fails. */
  run(...args: string[]): Promise<void>;
  capture(...args: string[]): Promise<string>;
  succeeds(...args: string[]): Promise<boolean>;
}

function createGit(host: Host, cwd: string, surroundings: GitSurroundings): Git {
  const execute = (args: readonly string[], stdout: 'log' | 'capture') =>
    host.exec.run({ command: 'git', args: [...gitFlags, ...args], cwd, stdout, ...surroundings });
  const required = async (args: readonly string[], stdout: 'log' | 'capture'): Promise<string> => {
    const result = await execute(args, stdout);
    if (result.exit_code !== 0) {
      throw new Error(`git ${args[0]} failed with exit code ${result.exit_code}; its messages are in the log`);
    }
    return result.stdout ?? '';
  };
  return {
    run: async (...args) => void (await required(args, 'log')),
    capture: (...args) => required(args, 'capture'),
    succeeds: async (...args) => (await execute(args, 'log')).exit_code === 0,
  };
}

function isSha256(target: Target): boolean {
  return target.commit.length === 64;
}

async function fetch(git: Git, target: Target, depth: number): Promise<void> {
  const everything = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'];
  if (depth === 0) {
    const own = target.kind === 'other' ? [refspecOf(target)] : [];
    await git.run('fetch', '--quiet', '--no-tags', '--', 'origin', ...everything, ...own);
    return;
  }
  const alone = ['fetch', '--quiet', '--no-tags', `--depth=${depth}`, '--', 'origin', refspecOf(target)];
  if (target.kind !== 'commit') {
    await git.run(...alone);
  } else if (!(await git.succeeds(...alone))) {
    // A server may refuse to send a commit that no branch or tag points at, so everything is fetched.
    await git.run('fetch', '--quiet', '--no-tags', '--', 'origin', ...everything);
  }
}

async function checkOut(git: Git, target: Target): Promise<void> {
  switch (target.kind) {
    case 'branch':
      return git.run('checkout', '--quiet', '--force', '-B', target.name, `refs/remotes/origin/${target.name}`, '--');
    case 'tag':
      return git.run('checkout', '--quiet', '--force', '--detach', target.full, '--');
    case 'commit':
      return git.run('checkout', '--quiet', '--force', '--detach', target.commit, '--');
    case 'other':
      return git.run('checkout', '--quiet', '--force', '--detach', 'refs/remotes/waterflow/target', '--');
  }
}

async function updateSubmodules(git: Git, inputs: Inputs): Promise<void> {
  const wanted = String(inputs.submodules ?? 'false');
  if (wanted === 'false') {
    return;
  }
  const depth = inputs.depth ?? 1;
  await git.run(
    'submodule',
    'update',
    '--init',
    ...(depth > 0 ? [`--depth=${depth}`] : []),
    ...(wanted === 'recursive' ? ['--recursive'] : []),
  );
}
