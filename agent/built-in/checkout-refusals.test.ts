import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent, repository, type TestAgent, type TestRun } from '../executor/testing/agent.ts';
import { git } from './testing/git-world.ts';

const folder = mkdtempSync(join(tmpdir(), 'waterflow-checkout-'));
const origin = join(folder, 'origin');
const marker = join(folder, 'executed');
const supervisor = sharedSupervisor();
let first = '';
let last = '';
beforeAll(() => {
  mkdirSync(origin);
  git(origin, 'init', '--quiet', '--initial-branch=main');
  first = commit({ 'file.txt': 'first\n', 'same.txt': 'same\n' });
  last = commit({ 'file.txt': 'second\n' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function commit(files: Readonly<Record<string, string>>): string {
  for (const [name, content] of Object.entries(files)) writeFileSync(join(origin, name), content);
  git(origin, 'add', '.');
  git(origin, 'commit', '--quiet', '-m', 'A change');
  return git(origin, 'rev-parse', 'HEAD');
}

const checkOut = (agent: TestAgent, inputs: JsonObject = {}): Promise<TestRun> =>
  agent.run({ uses: 'checkout@v1', with: { repository: origin, ...inputs } });

describe('a checkout that goes on from what lies there', () => {
  const again = async (damage: (workspace: string) => void): Promise<TestRun> => {
    await using agent = await createTestAgent({ supervisor: supervisor() });
    const { workspace } = agent.claim;
    const before = await checkOut(agent, { ref: first, incremental: true });
    expect(before.result).toMatchObject({ outcome: 'success' });
    damage(workspace);
    const run = await checkOut(agent, { incremental: true });
    expect(run).toMatchObject({ result: { outcome: 'success', outputs: { commit: last } } });
    expect(readFileSync(join(workspace, 'file.txt'), 'utf8')).toBe('second\n');
    expect(git(workspace, 'status', '--porcelain')).toBe('');
    expect(existsSync(marker)).toBe(false);
    for (const place of ['.git', '.git/objects']) {
      expect(lstatSync(join(workspace, place)).isDirectory()).toBe(true);
    }
    return run;
  };
  const goesOn = `going on from`;
  const startsAnew = 'starting anew';

  it('runs nothing that the workspace put into its settings, hooks and attributes', async () => {
    const { log } = await again((workspace) => {
      for (const [key, value] of [
        ['core.fsmonitor', `touch ${marker}; true`],
        ['core.hooksPath', join(workspace, 'hooks')],
        ['filter.x.smudge', `touch ${marker}; cat`],
        ['filter.x.clean', `touch ${marker}; cat`],
        ['core.worktree', '/'],
        ['remote.origin.uploadpack', `touch ${marker}; git-upload-pack`],
        ['url.ext::sh -c touch.insteadOf', origin],
      ] as const) {
        git(workspace, 'config', '--file', '.git/config', key, value);
      }
      mkdirSync(join(workspace, 'hooks'));
      for (const place of ['hooks', '.git/hooks']) {
        mkdirSync(join(workspace, place), { recursive: true });
        for (const hook of ['post-checkout', 'reference-transaction', 'post-index-change']) {
          writeFileSync(join(workspace, place, hook), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
        }
      }
      mkdirSync(join(workspace, '.git/info'), { recursive: true });
      writeFileSync(join(workspace, '.git/info/attributes'), '* filter=x\n');
      writeFileSync(join(workspace, '.gitattributes'), '* filter=x\n');
    });
    expect(log.log).toContain(goesOn);
  });

  it('gives git-lfs no other program by the workspace’s settings, whether it is there or not', async () => {
    await using agent = await createTestAgent({ supervisor: supervisor() });
    const { workspace } = agent.claim;
    await checkOut(agent, { ref: first, incremental: true });
    git(workspace, 'config', 'alias.lfs', `!touch ${marker}`);
    git(workspace, 'config', `remote.${origin}.uploadpack`, `touch ${marker}; git-upload-pack`);
    await checkOut(agent, { incremental: true, lfs: true });
    expect(existsSync(marker)).toBe(false);
  });

  it('removes what an index names, in the folder alone', async () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'x');
    const { log } = await again((workspace) => {
      mkdirSync(join(workspace, 'left/below'), { recursive: true });
      git(join(workspace, 'left/below'), 'init', '--quiet');
      rmSync(join(workspace, 'same.txt'));
      symlinkSync(victim, join(workspace, 'same.txt'));
      writeFileSync(join(workspace, '.git/index'), 'no index');
    });
    expect(log.log).toContain(goesOn);
    expect(readFileSync(victim, 'utf8')).toBe('x');
  });

  it.each<[string, (workspace: string) => void]>([
    [
      'objects that lie elsewhere',
      (workspace) => {
        const elsewhere = join(folder, 'elsewhere');
        rmSync(elsewhere, { recursive: true, force: true });
        renameSync(join(workspace, '.git/objects'), elsewhere);
        symlinkSync(elsewhere, join(workspace, '.git/objects'));
      },
    ],
    ['a file of another kind', (workspace) => writeFileSync(join(workspace, '.git/objects/pack/x.promisor'), '')],
    ['another repository', (workspace) => replaceInNote(workspace, origin, `${origin}x`)],
    ['a commit that is none', (workspace) => replaceInNote(workspace, first, '--upload-pack=x')],
    ['a commit that isn’t there', (workspace) => replaceInNote(workspace, first, '1'.repeat(40))],
    ['no note', (workspace) => rmSync(join(workspace, '.git/waterflow-checkout.json'))],
    [
      'a .git that is a link',
      (workspace) => {
        const elsewhere = join(folder, 'linked');
        rmSync(elsewhere, { recursive: true, force: true });
        renameSync(join(workspace, '.git'), elsewhere);
        symlinkSync(elsewhere, join(workspace, '.git'));
      },
    ],
  ])('starts anew where it finds %s', async (_what, damage) => {
    const { log } = await again(damage);
    expect(log.log).toContain(startsAnew);
  });
});

function replaceInNote(workspace: string, from: string, to: string): void {
  const note = join(workspace, '.git/waterflow-checkout.json');
  writeFileSync(note, readFileSync(note, 'utf8').replace(from, to));
}

it('checks out again where more lies than is removed at once', async () => {
  await using agent = await createTestAgent({ supervisor: supervisor() });
  await checkOut(agent);
  for (let index = 0; index < 401; index += 1) {
    const many = join(agent.claim.workspace, `many/${index % 3}/${index}`);
    mkdirSync(many, { recursive: true });
    for (let file = 0; file < 500; file += 1) closeSync(openSync(join(many, String(file)), 'w'));
  }
  const { result, log } = await agent.run({
    uses: 'checkout@v1',
    with: { repository: origin },
    timeout: { ms: 500_000, own: false },
  });
  expect({ result, log }).toMatchObject({ result: { outcome: 'success' } });
  expect(existsSync(join(agent.claim.workspace, 'many'))).toBe(false);
}, 600_000);

describe('checkout@v1 does nothing', () => {
  it('from a folder of this machine where the policy says so', async () => {
    const policy = `version: 1
require: { confinement: 0 }
rules:
  - { plugin: built-in, allow: requested, profile: host }
  - plugin: checkout
    deny:
      exec:
        - command: git
          args: [{ type: text, repeat: true }, ls-remote, --symref, --, { pattern: '(/|file:).*' }, { type: text, repeat: true }]
`;
    await using agent = await createTestAgent({ supervisor: supervisor(), policy });
    for (const address of [origin, `file://${origin}`]) {
      const { result, calls } = await checkOut(agent, { repository: address });
      expect(result).toMatchObject({ class: 'denied', error: { code: 'DENIED' } });
      expect(calls.filter(({ capability, decision }) => capability === 'exec' && decision === 'allowed')).toEqual([]);
    }
    expect(readdirSync(agent.claim.workspace)).toEqual([]);
  });

  it('where the step’s own permissions give it no git, or no folder', async () => {
    await using agent = await createTestAgent({ supervisor: supervisor() });
    for (const entries of [
      { fs: [{ read: '**', write: '**' }] },
      { exec: [{ command: 'git', args: 'any', env: 'any' }] },
    ]) {
      const layer = {
        version: 2,
        layer: 'step',
        at: { file: 'workflow.yml', line: 1, column: 1 },
        entries: Object.fromEntries(
          Object.entries(entries).map(([name, list]) => [
            name,
            list.map((value: JsonObject) => ({ kind: 'literal' as const, value })),
          ]),
        ),
      } as const;
      const { result } = await agent.run({
        uses: 'checkout@v1',
        with: { repository: origin, path: 'source' },
        permissions: [layer],
      });
      expect(result).toMatchObject({ class: 'denied' });
      expect(existsSync(join(agent.claim.workspace, 'source/.git'))).toBe(false);
    }
  });

  it('without its permissions: its code has no other way', async () => {
    await using agent = await createTestAgent({ supervisor: supervisor() });
    const place = join(repository, 'plugins/checkout');
    const read = (file: string): string => readFileSync(join(place, file), 'utf8');
    const sources = readdirSync(place).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
    const manifest = read('plugin.yaml')
      .replace(/^permissions:\n(?: .*\n)+/m, '')
      .replace('name: checkout', 'name: bare');
    agent.plugin('bare', {
      'plugin.yaml': manifest,
      ...Object.fromEntries(sources.map((file) => [file, read(file)])),
    });
    const { result, calls } = await agent.run({ uses: './plugins/bare', with: { repository: origin } });
    expect(result).toMatchObject({ outcome: 'failure' });
    expect(calls).toEqual([]);
    expect(readdirSync(agent.claim.workspace)).toEqual([]);
  });

  it.each<[JsonObject, string]>([
    [{ sparse: '../up' }, 'sparse: "../up" is no folder'],
    [{ sparse: ['/etc'] }, 'sparse: "/etc" is no folder'],
    [{ token: 'x' }, 'token: it is for https'],
    [{ repository: 'ssh://git@localhost/x' }, 'ssh-key: a repository over ssh needs'],
    [{ repository: 'https://localhost/x', token: 'x', username: 'a\nb' }, 'username: a user name is one line'],
  ])('with %j', async (inputs, says) => {
    await using agent = await createTestAgent({ supervisor: supervisor() });
    const { result, calls } = await checkOut(agent, inputs);
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining(says) } });
    expect(calls).toEqual([]);
  });
});

describe.skipIf(process.getuid?.() !== 0)('on a disk that is full', () => {
  it('leaves nothing, and says so', async () => {
    await using agent = await createTestAgent({ supervisor: supervisor() });
    const small = join(agent.claim.workspace, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
    try {
      const { result, log } = await checkOut(agent, { path: 'small' });
      expect(result).toMatchObject({ outcome: 'failure' });
      expect(log.stderr).toContain('No space left on device');
      expect(readdirSync(small)).toEqual([]);
    } finally {
      execFileSync('umount', [small]);
    }
  });
});
