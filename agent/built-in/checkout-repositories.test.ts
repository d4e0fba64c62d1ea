/** checkout@v1 of repositories that are made otherwise than most. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { createTestAgent } from '../executor/testing/agent.ts';
import { git } from './testing/git-world.ts';

const folder = mkdtempSync(join(tmpdir(), 'waterflow-checkout-'));
const supervisor = sharedSupervisor();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One with a file, and its commit. */
function makeRepository(
  name: string,
  ...options: readonly string[]
): { readonly origin: string; readonly commit: string } {
  const origin = join(folder, name);
  mkdirSync(origin);
  git(origin, 'init', '--quiet', '--initial-branch=main', ...options);
  writeFileSync(join(origin, 'file.txt'), `${name}\n`);
  git(origin, 'add', '.');
  git(origin, 'commit', '--quiet', '-m', 'First');
  return { origin, commit: git(origin, 'rev-parse', 'HEAD') };
}

it.each([
  ['whose objects are named by SHA-256', 'sha256', ['--object-format=sha256'], 'refs/heads/main'],
  ['where HEAD is no branch', 'detached', [], 'HEAD'],
])('checks out one %s', async (_what, name, options, ref) => {
  const { origin, commit } = makeRepository(name, ...options);
  if (ref === 'HEAD') git(origin, 'checkout', '--quiet', '--detach');
  await using agent = await createTestAgent({ supervisor: supervisor() });
  for (const time of ['first', 'second']) {
    const { result, log } = await agent.run({ uses: 'checkout@v1', with: { repository: origin, incremental: true } });
    expect({ time, result, log }).toMatchObject({ result: { outcome: 'success', outputs: { commit, ref } } });
    expect(readFileSync(join(agent.claim.workspace, 'file.txt'), 'utf8')).toBe(`${name}\n`);
  }
});

it('takes a commit in capital letters, too', async () => {
  const { origin, commit } = makeRepository('capital');
  await using agent = await createTestAgent({ supervisor: supervisor() });
  const inputs = { repository: origin, ref: commit.toUpperCase() };
  expect((await agent.run({ uses: 'checkout@v1', with: inputs })).result).toMatchObject({
    outcome: 'success',
    outputs: { commit, ref: commit },
  });
});
