import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { surroundingsOf } from '../../plugins/checkout/configuration.ts';
import { parseRepository } from '../../plugins/checkout/repository.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent, type TestAgent } from '../executor/testing/agent.ts';

const folder = mkdtempSync(join(tmpdir(), 'waterflow-checkout-'));
const origin = join(folder, 'origin');
const library = join(folder, 'library');
const supervisor = sharedSupervisor();
beforeAll(makeRepositories);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function git(cwd: string, ...args: readonly string[]): string {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@localhost', '-c', 'protocol.file.allow=always'];
  const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
  return execFileSync('git', [...identity, ...args], {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
}

/** `library`, and `origin` with two commits on main, a branch, a tag and `library` as a submodule. */
function makeRepositories(): void {
  for (const path of [library, origin]) {
    mkdirSync(path);
    git(path, 'init', '--quiet', '--initial-branch=main');
  }
  writeFileSync(join(library, 'lib.txt'), 'library\n');
  git(library, 'add', '.');
  git(library, 'commit', '--quiet', '-m', 'Library');
  writeFileSync(join(origin, 'file.txt'), 'first\n');
  git(origin, 'add', '.');
  git(origin, 'commit', '--quiet', '-m', 'First');
  git(origin, 'tag', 'v1');
  git(origin, 'branch', 'feature/x');
  writeFileSync(join(origin, 'file.txt'), 'second\n');
  git(origin, 'submodule', '--quiet', 'add', library, 'vendor/library');
  git(origin, 'commit', '--quiet', '-am', 'Second');
}

const inAgent = async (
  use: (agent: TestAgent) => Promise<void>,
  secrets: Record<string, string> = {},
): Promise<void> => {
  await using agent = await createTestAgent({ supervisor: supervisor(), secrets });
  await use(agent);
};
const checkout = async (agent: TestAgent, inputs: JsonObject) =>
  (await agent.run({ uses: 'checkout@v1', with: { repository: origin, ...inputs } })).result;

describe('checkout@v1', () => {
  it('checks out the default branch into the workspace', () =>
    inAgent(async (agent) => {
      const { workspace } = agent.claim;
      expect(await checkout(agent, {})).toMatchObject({
        outcome: 'success',
        outputs: { commit: git(origin, 'rev-parse', 'main'), ref: 'refs/heads/main' },
      });
      expect(readFileSync(join(workspace, 'file.txt'), 'utf8')).toBe('second\n');
      expect(git(workspace, 'rev-list', '--count', 'HEAD')).toBe('1');
      expect(git(workspace, 'remote', 'get-url', 'origin')).toBe(origin);
      expect(git(workspace, 'status', '--porcelain')).toBe('');
      expect(readdirSync(join(workspace, 'vendor/library'))).toEqual([]);
    }));

  it.each([
    ['a branch', 'feature/x', 'first\n', 'refs/heads/feature/x'],
    ['a tag', 'v1', 'first\n', 'refs/tags/v1'],
    ['a full ref', 'refs/heads/main', 'second\n', 'refs/heads/main'],
  ])('checks out %s', (_, ref, content, full) =>
    inAgent(async (agent) => {
      expect(await checkout(agent, { ref, path: 'source' })).toMatchObject({
        outcome: 'success',
        outputs: { ref: full },
      });
      expect(readFileSync(join(agent.claim.workspace, 'source/file.txt'), 'utf8')).toBe(content);
    }),
  );

  it('checks out a commit', () =>
    inAgent(async (agent) => {
      const commit = git(origin, 'rev-parse', 'v1^{commit}');
      expect(await checkout(agent, { ref: commit })).toMatchObject({ outputs: { commit, ref: commit } });
      expect(await checkout(agent, { ref: '1'.repeat(40) })).toMatchObject({ outcome: 'failure' });
    }));

  it('fetches as much history as it is asked for', () =>
    inAgent(async (agent) => {
      await checkout(agent, { depth: 2, path: 'two' });
      await checkout(agent, { depth: 0, path: 'all' });
      expect(git(join(agent.claim.workspace, 'two'), 'rev-list', '--count', 'HEAD')).toBe('2');
      expect(git(join(agent.claim.workspace, 'all'), 'branch', '--remotes', '--list')).toContain('origin/feature/x');
      expect(git(join(agent.claim.workspace, 'all'), 'tag')).toBe('v1');
    }));

  it('checks out submodules where it is asked to', () =>
    inAgent(async (agent) => {
      expect(await checkout(agent, { submodules: true })).toMatchObject({ outcome: 'success' });
      expect(readFileSync(join(agent.claim.workspace, 'vendor/library/lib.txt'), 'utf8')).toBe('library\n');
      const whole = { submodules: 'recursive', path: 'again', depth: 0 };
      expect(await checkout(agent, whole)).toMatchObject({ outcome: 'success' });
    }));

  it('says what is missing', () =>
    inAgent(async (agent) => {
      expect(await checkout(agent, { ref: 'nothing' })).toMatchObject({
        error: { message: expect.stringContaining('no branch or tag "nothing"') },
      });
      expect(await checkout(agent, { repository: join(folder, 'nowhere') })).toMatchObject({
        error: { message: expect.stringContaining('git ls-remote failed') },
      });
    }));

  it('replaces an earlier checkout, and nothing else', () =>
    inAgent(async (agent) => {
      const { workspace } = agent.claim;
      await checkout(agent, {});
      writeFileSync(join(workspace, 'leftover'), 'x');
      expect(await checkout(agent, { ref: 'v1' })).toMatchObject({ outcome: 'success' });
      expect(existsSync(join(workspace, 'leftover'))).toBe(false);
      mkdirSync(join(workspace, 'mine'));
      writeFileSync(join(workspace, 'mine/precious'), 'x');
      expect(await checkout(agent, { path: 'mine' })).toMatchObject({
        error: { message: expect.stringContaining("isn't empty") },
      });
      expect(existsSync(join(workspace, 'mine/precious'))).toBe(true);
    }));

  it('stays in the workspace', () =>
    inAgent(async (agent) => {
      const outside = mkdtempSync(join(folder, 'outside-'));
      symlinkSync(outside, join(agent.claim.workspace, 'link'));
      for (const path of ['..', '/tmp', 'a/../../b', 'link', 'link/below']) {
        expect(await checkout(agent, { path })).toMatchObject({ outcome: 'failure' });
      }
      expect(readdirSync(outside)).toEqual([]);
    }));
});

describe('what a repository, its address or the workspace could try', () => {
  const marker = join(folder, 'executed');

  it.each([
    { repository: `ext::sh -c touch% ${marker}` },
    { repository: `--upload-pack=touch ${marker}` },
    { repository: `ssh://-oProxyCommand=touch ${marker}/x` },
    { ref: `--upload-pack=touch ${marker}` },
    { ref: '-c core.fsmonitor=touch' },
    { ref: 'HEAD:refs/heads/x' },
    { path: '--separate-git-dir=/tmp/x', ref: '-q' },
  ])('%j is refused', (inputs) =>
    inAgent(async (agent) => {
      expect(await checkout(agent, inputs)).toMatchObject({ outcome: 'failure' });
      expect(existsSync(marker)).toBe(false);
    }),
  );

  it('runs no hook and no command that the workspace or the repository holds', () =>
    inAgent(async (agent) => {
      const { workspace } = agent.claim;
      await checkout(agent, {});
      const hook = join(workspace, '.git/hooks/post-checkout');
      mkdirSync(join(workspace, '.git/hooks'), { recursive: true });
      writeFileSync(hook, `#!/bin/sh\ntouch ${marker}\n`);
      chmodSync(hook, 0o755);
      for (const [key, value] of [
        ['core.fsmonitor', `touch ${marker}; true`],
        ['core.hooksPath', join(workspace, '.git/hooks')],
        ['core.sshCommand', `touch ${marker}`],
        ['filter.x.smudge', `touch ${marker}; cat`],
        ['url.ext::sh -c touch.insteadOf', origin],
      ] as const) {
        git(workspace, 'config', key, value);
      }
      writeFileSync(join(workspace, '.gitattributes'), '* filter=x\n');
      expect(await checkout(agent, { ref: 'v1' })).toMatchObject({ outcome: 'success' });
      expect(existsSync(marker)).toBe(false);
    }));

  it('does not obey a repository further up in the workspace', () =>
    inAgent(async (agent) => {
      const { workspace } = agent.claim;
      git(workspace, 'init', '--quiet');
      git(workspace, 'config', `remote.${origin}.uploadpack`, `touch ${marker}; git-upload-pack`);
      git(workspace, 'config', `url.${library}.insteadOf`, origin);
      expect(await checkout(agent, { path: 'source', ref: 'v1' })).toMatchObject({ outcome: 'success' });
      expect(existsSync(join(workspace, 'source/file.txt'))).toBe(true);
      expect(existsSync(marker)).toBe(false);
    }));

  it('runs no program called git that lies in the workspace', () =>
    inAgent(async (agent) => {
      writeFileSync(join(agent.claim.workspace, 'git'), `#!/bin/sh\ntouch ${marker}\n`);
      chmodSync(join(agent.claim.workspace, 'git'), 0o755);
      expect(await checkout(agent, { path: 'source' })).toMatchObject({ outcome: 'success' });
      expect(existsSync(marker)).toBe(false);
    }));

  it('does not follow the submodule of a repository to a command', () =>
    inAgent(async (agent) => {
      const hostile = withSubmodule('hostile', `ext::sh -c touch% ${marker}\n\tupdate = !touch ${marker}`);
      expect(await checkout(agent, { repository: hostile, submodules: true })).toMatchObject({ outcome: 'failure' });
      expect(existsSync(marker)).toBe(false);
    }));

  it("does not use the keys of the agent's user for a submodule over ssh", () =>
    inAgent(async (agent) => {
      const repository = withSubmodule('over-ssh', 'ssh://git@127.0.0.1:9/private');
      const { result, log } = await agent.run({ uses: 'checkout@v1', with: { repository, submodules: true } });
      expect(result).toMatchObject({ outcome: 'failure' });
      expect(log.stderr).toContain("transport 'ssh' not allowed");
    }));

  it('replaces a checkout that is a link to another folder without touching what is there', () =>
    inAgent(async (agent) => {
      symlinkSync(join(library, '.git'), join(agent.claim.workspace, '.git'));
      expect(await checkout(agent, {})).toMatchObject({ outcome: 'success' });
      expect(lstatSync(join(agent.claim.workspace, '.git')).isDirectory()).toBe(true);
      expect(git(library, 'status', '--porcelain')).toBe('');
    }));
});

/** A repository with one submodule at `url`, which may say more of it. */
function withSubmodule(name: string, url: string): string {
  const repository = join(folder, name);
  mkdirSync(repository);
  git(repository, 'init', '--quiet', '--initial-branch=main');
  const commit = git(library, 'rev-parse', 'HEAD');
  writeFileSync(join(repository, '.gitmodules'), `[submodule "x"]\n\tpath = x\n\turl = ${url}\n`);
  git(repository, 'add', '.gitmodules');
  git(repository, 'update-index', '--add', '--cacheinfo', `160000,${commit},x`);
  git(repository, 'commit', '--quiet', '-m', 'With a submodule');
  return repository;
}

describe('credentials', () => {
  it('for https are given by git to the origin of the repository alone', () => {
    const { env, files } = surroundingsOf(parseRepository('https://git.example.com/a/b'), {
      username: 'me',
      token: 'the-token',
    });
    const paths = Object.entries(files).map(([name, { content, env: variable }]) => {
      const path = join(folder, name);
      writeFileSync(path, content);
      return [variable, path] as const;
    });
    const fill = (host: string): string => {
      try {
        return execFileSync('git', ['credential', 'fill'], {
          input: `protocol=https\nhost=${host}\n\n`,
          env: { PATH: process.env['PATH'], HOME: folder, ...env, ...Object.fromEntries(paths) },
          encoding: 'utf8',
          stdio: ['pipe', 'pipe', 'pipe'],
        });
      } catch {
        // git found no credentials and may not ask.
        return '';
      }
    };
    expect(fill('git.example.com')).toContain('username=me\npassword=the-token\n');
    for (const host of ['evil.example', 'git.example.com.evil.example', 'example.com', 'git.example.com:8443']) {
      expect(fill(host)).not.toContain('the-token');
    }
  });

  it('for ssh are needed, and never stand on a command line', () =>
    inAgent(async (agent) => {
      expect(await checkout(agent, { repository: 'git@localhost:x' })).toMatchObject({
        error: { message: expect.stringContaining('ssh-key') },
      });
    }));
});
