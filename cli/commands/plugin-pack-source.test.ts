import { execFileSync } from 'node:child_process';
import { chmodSync, lchownSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { commandLine } from '../testing/terminal.ts';

/** A repository with a plugin in `greet`; what is done with git is done as its author does. */
function repository() {
  const cwd = mkdtempSync(join(tmpdir(), 'waterflow-source-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const home = join(cwd, 'home');
  mkdirSync(home);
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    writeFileSync(join(cwd, path), text);
  };
  write('greet/plugin.yaml', 'name: acme-greet\nversion: 1.0.0\ndescription: x\nruntime: isolate\nmain: index.ts\n');
  write('greet/index.ts', 'export default () => ({});\n');
  const env = { PATH: process.env['PATH'], HOME: home };
  const git = (...argv: readonly string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@a.test', ...argv], {
      cwd,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  const commit = (): string => {
    git('add', 'greet');
    git('commit', '-q', '-m', 'another');
    return git('rev-parse', 'HEAD');
  };
  const pack = async (given: Readonly<Record<string, string>> = {}) => {
    const { code, stdout, stderr } = await commandLine(['plugin', 'pack', 'greet', '--json'], {
      cwd,
      env: { ...env, ...given },
    });
    // As --json prints it.
    const { provenance, digest } = JSON.parse(stdout) as { provenance: { source?: unknown }; digest: string };
    return { code, stderr, source: provenance.source, digest };
  };
  return { cwd, write, git, commit, pack };
}

describe('a package says of its source', () => {
  it('nothing before there is a commit with it, and why nothing else', async () => {
    const { git, pack, commit, write } = repository();
    expect(await pack()).toMatchObject({ code: 0, stderr: '', source: undefined });
    git('init', '-q');
    expect(await pack()).toMatchObject({ code: 0, stderr: '', source: undefined });
    write('other/x', '');
    git('add', 'other');
    commit();
    git('rm', '-q', '--cached', '-r', 'greet');
    git('commit', '-q', '-m', 'without');
    expect(await pack()).toMatchObject({ code: 0, stderr: '', source: undefined });
  });

  it.each([
    ['is another', 'sed -i s/{}/{a:1}/ greet/index.ts'],
    ['is new', 'touch greet/new.md'],
    ['is gone', 'rm greet/notes.md'],
    ['may be run', 'chmod +x greet/notes.md'],
    [
      'is another that git was told to overlook',
      'git update-index --assume-unchanged greet/notes.md; echo x > greet/notes.md',
    ],
    ['is new, which only this copy ignores', 'echo new.md > .git/info/exclude; touch greet/new.md'],
    [
      'is new, which only the user ignores',
      'mkdir -p home/.config/git; echo new.md > home/.config/git/ignore; touch greet/new.md',
    ],
  ])('that it is no longer clean where a file %s', async (_, change) => {
    const { cwd, git, write, commit, pack } = repository();
    git('init', '-q');
    write('greet/notes.md', '');
    const id = commit();
    expect(await pack()).toMatchObject({ source: { commit: id, clean: true }, stderr: '' });
    execFileSync('sh', ['-c', change], { cwd });
    expect(await pack()).toMatchObject({ source: { commit: id, clean: false }, stderr: '' });
  });

  it('nothing else because of what a .gitignore leaves to builds, or of files that are touched', async () => {
    const { cwd, git, write, commit, pack } = repository();
    git('init', '-q');
    write('greet/.gitignore', 'made.wasm\n');
    const id = commit();
    const { digest } = await pack();
    // A checkout of a commit alone has no branch.
    git('checkout', '-q', '--detach');
    git('for-each-ref', '--format=%(refname)')
      .split('\n')
      .forEach((name) => git('update-ref', '-d', name));
    write('greet/index.ts', 'export default () => ({});\n');
    chmodSync(join(cwd, 'greet/index.ts'), 0o600);
    expect(await pack()).toMatchObject({ source: { commit: id, clean: true }, digest });
    write('greet/made.wasm', '');
    expect(await pack()).toMatchObject({ source: { commit: id, clean: true } });
  });

  it.skipIf(process.getuid?.() !== 0)('the same in a repository of another user', async () => {
    const { cwd, git, commit, pack } = repository();
    git('init', '-q');
    const id = commit();
    const { digest } = await pack();
    for (const path of readdirSync(cwd, { recursive: true, encoding: 'utf8' }))
      lchownSync(join(cwd, path), 65534, 65534);
    lchownSync(cwd, 65534, 65534);
    expect(await pack()).toMatchObject({ source: { commit: id, clean: true }, digest, stderr: '' });
  });

  it('nothing where git can not read the repository or is not there, and says so', async () => {
    const { cwd, git, commit, pack } = repository();
    git('init', '-q');
    commit();
    expect(await pack({ PATH: '/nonexistent' })).toMatchObject({
      code: 0,
      source: undefined,
      stderr: "warning: the package says nothing of a commit, since git doesn't: spawn git ENOENT\n",
    });
    renameSync(join(cwd, '.git/objects'), join(cwd, '.git/no-objects'));
    expect(await pack()).toMatchObject({ source: undefined, stderr: expect.stringContaining('not a git repository') });
  });

  it('nothing that a program of the repository made it say', async () => {
    const { cwd, git, commit, pack, write } = repository();
    git('init', '-q');
    commit();
    write('ran.sh', '#!/bin/sh\ntouch "$(dirname "$0")/ran"\ncat\n');
    chmodSync(join(cwd, 'ran.sh'), 0o755);
    const program = join(cwd, 'ran.sh');
    write('.git/info/attributes', '* filter=x\n');
    for (const name of [
      'core.fsmonitor',
      'core.pager',
      'filter.x.clean',
      'filter.x.process',
      'core.sshCommand',
      'pager.ls-tree',
    ])
      git('config', name, program);
    write('greet/index.ts', 'export default () => ({ a: 1 });\n');
    expect(await pack()).toMatchObject({ source: { clean: false }, stderr: '' });
    expect(readdirSync(cwd)).not.toContain('ran');
  });
});
