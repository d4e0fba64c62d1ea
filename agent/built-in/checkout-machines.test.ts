/** checkout@v1 on machines that are set up otherwise. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
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
import { needs } from '../../e2e/require.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { createTestAgent } from '../executor/testing/agent.ts';
import { git } from './testing/git-world.ts';

const hasLfs = await needs('git-lfs');
const folder = mkdtempSync(join(tmpdir(), 'waterflow-checkout-'));
const origin = join(folder, 'origin');
const supervisor = sharedSupervisor();
beforeAll(() => {
  mkdirSync(join(origin, 'docs'), { recursive: true });
  git(origin, 'init', '--quiet', '--initial-branch=main');
  for (const name of ['file.txt', 'docs/a.md']) writeFileSync(join(origin, name), 'text\n');
  git(origin, 'add', '.');
  git(origin, 'commit', '--quiet', '-m', 'First');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('checkout@v1 on a machine without bubblewrap', () => {
  const programs = join(folder, 'programs');
  const path = process.env['PATH'];
  beforeAll(() => {
    mkdirSync(programs);
    for (const from of ['/usr/sbin', '/usr/bin']) {
      for (const name of readdirSync(from)) {
        if (name !== 'bwrap' && !existsSync(join(programs, name))) symlinkSync(join(from, name), join(programs, name));
      }
    }
    process.env['PATH'] = programs;
  });
  afterAll(() => {
    process.env['PATH'] = path;
  });

  it('does all that it does elsewhere: none of it needs a confinement that isn’t there', async () => {
    await using agent = await createTestAgent({ supervisor: supervisor() });
    const { workspace } = agent.claim;
    for (const [path, inputs] of Object.entries({
      again: { incremental: true },
      some: { sparse: 'docs' },
      modules: { submodules: true },
      ...(hasLfs ? { large: { lfs: true } } : {}),
    })) {
      for (const _time of ['first', 'second']) {
        const { result, log } = await agent.run({
          uses: 'checkout@v1',
          with: { repository: origin, path, ...inputs },
        });
        expect({ path, result, log }).toMatchObject({ result: { outcome: 'success' } });
      }
      expect(readFileSync(join(workspace, path, 'docs/a.md'), 'utf8')).toBe('text\n');
    }
  }, 120_000);
});

describe.skipIf(process.getuid?.() !== 0)('checkout@v1 of a local repository that another user has', () => {
  const theirs = join(folder, 'theirs ü');
  const bare = join(folder, 'bare.git');
  beforeAll(() => {
    git(folder, 'clone', '--quiet', origin, theirs);
    git(folder, 'clone', '--quiet', '--bare', origin, bare);
    execFileSync('chown', ['-R', '12345:12345', theirs, bare]);
  });

  it.each([
    ['a folder', theirs],
    ['its .git', `${theirs}/.git`],
    ['a URL', `file://${encodeURI(theirs)}/`],
    ['a bare one', bare],
    ['one without its ending', bare.slice(0, -'.git'.length)],
  ])('checks it out by %s', async (_what, repository) => {
    await using agent = await createTestAgent({ supervisor: supervisor() });
    const { result, log } = await agent.run({ uses: 'checkout@v1', with: { repository } });
    expect({ result, log }).toMatchObject({ result: { outcome: 'success' } });
    expect(readFileSync(join(agent.claim.workspace, 'file.txt'), 'utf8')).toBe('text\n');
  });
});
