import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent, type TestAgent, type TestRun, type TestStep } from '../executor/testing/agent.ts';
import { type GitWorld, git, inputsBy, startGitWorld, type Way } from './testing/git-world.ts';

const canServe = (await needs('nginx')) && (await needs('ssh'));

describe.skipIf(!canServe)('checkout@v1 from servers', () => {
  const supervisor = sharedSupervisor();
  let world: GitWorld;
  let first = '';
  let last = '';
  beforeAll(async () => {
    world = await startGitWorld();
    const files = { 'file.txt': 'first\n', 'docs/a b — ü.md': 'text\n', 'src/main.ts': 'main\n' };
    // So much that no pack of it is over in a moment.
    first = world.commit({ ...files, 'src/noise': randomBytes(500_000).toString('base64') }, 'First');
    git(world.work, 'tag', '-a', 'v1', '-m', 'Release');
    git(world.work, 'push', '--quiet', 'origin', 'v1', 'HEAD:refs/pull/7/head');
    last = world.commit({ 'file.txt': 'second\n' }, 'Second\n\nWith a body — grüße.');
  }, 60_000);
  afterAll(() => world[Symbol.asyncDispose]());
  afterEach(() => {
    world.backend.fault = undefined;
  });

  const by = (way: Way): JsonObject => inputsBy(world, way);
  const newAgent = (secrets: Readonly<Record<string, string>> = {}): Promise<TestAgent> =>
    createTestAgent({
      supervisor: supervisor(),
      secrets: {
        TOKEN: world.https.password,
        KEY: world.sshd.keys.client,
        STRANGER: world.sshd.keys.stranger,
        ...secrets,
      },
    });
  const checkOut = (agent: TestAgent, inputs: JsonObject, more: Partial<TestStep> = {}): Promise<TestRun> =>
    agent.run({ uses: 'checkout@v1', with: inputs, ...more });
  const secretsIn = (value: unknown): readonly string[] =>
    [world.https.password, 'PRIVATE KEY'].filter((secret) => JSON.stringify(value).includes(secret));

  describe.each<Way>(['https', 'ssh', 'file'])('by %s', (way) => {
    it('checks out a branch, a tag, a pull ref and a commit, and says who wrote it and why', async () => {
      await using agent = await newAgent();
      for (const [ref, full, commit] of [
        [undefined, 'refs/heads/main', last],
        ['v1', 'refs/tags/v1', first],
        ['refs/pull/7/head', 'refs/pull/7/head', first],
        [first, first, first],
      ] as const) {
        const { result } = await checkOut(agent, {
          ...by(way),
          path: 'a folder — ü',
          ...(ref === undefined ? {} : { ref }),
        });
        expect(result).toMatchObject({
          outcome: 'success',
          outputs: {
            commit,
            ref: full,
            author: 'Ada Lovelace <ada@localhost>',
            message: commit === last ? 'Second\n\nWith a body — grüße.' : 'First',
          },
        });
      }
      const folder = join(agent.claim.workspace, 'a folder — ü');
      expect(readFileSync(join(folder, 'file.txt'), 'utf8')).toBe('first\n');
      expect(readFileSync(join(folder, 'docs/a b — ü.md'), 'utf8')).toBe('text\n');
      expect(git(folder, 'status', '--porcelain')).toBe('');
      expect(secretsIn(agent.recorded)).toEqual([]);
      expect(readFileSync(join(folder, '.git/config'), 'utf8')).not.toContain('credential');
    }, 120_000);

    it('writes only some folders, and fetches no more than these where the server can do that', async () => {
      await using agent = await newAgent();
      const { result } = await checkOut(agent, { ...by(way), sparse: 'docs' });
      expect(result).toMatchObject({ outcome: 'success' });
      const { workspace } = agent.claim;
      expect(readdirSync(workspace).toSorted()).toEqual(['.git', 'docs', 'file.txt']);
      const missing = git(workspace, 'rev-list', '--objects', '--missing=print', 'HEAD');
      expect(missing.split('\n').filter((line) => line.startsWith('?'))).toHaveLength(
        // This sshd lets no client say that it knows of protocol 2, and the server sends no single files then.
        way === 'ssh' ? 0 : 2,
      );
      expect(git(workspace, 'status', '--porcelain')).toBe('');
    }, 60_000);

    it('goes on from an earlier checkout, and leaves alone what is as it should be', async () => {
      await using agent = await newAgent();
      const { workspace } = agent.claim;
      await checkOut(agent, { ...by(way), ref: first, incremental: true });
      const before = statSync(join(workspace, 'src/main.ts'), { bigint: true }).mtimeNs;
      writeFileSync(join(workspace, 'leftover'), 'x');
      writeFileSync(join(workspace, 'docs/a b — ü.md'), 'changed\n');
      const { result, log } = await checkOut(agent, { ...by(way), incremental: true });
      expect(result).toMatchObject({ outcome: 'success', outputs: { commit: last } });
      expect(log.log).toContain(`going on from ${first}`);
      expect(readFileSync(join(workspace, 'file.txt'), 'utf8')).toBe('second\n');
      expect(readFileSync(join(workspace, 'docs/a b — ü.md'), 'utf8')).toBe('text\n');
      expect(existsSync(join(workspace, 'leftover'))).toBe(false);
      expect(statSync(join(workspace, 'src/main.ts'), { bigint: true }).mtimeNs).toBe(before);
      expect(git(workspace, 'status', '--porcelain')).toBe('');
      git(workspace, 'fsck', '--strict');
    }, 60_000);
  });

  it('by git:// checks out a whole commit id, and nothing else, since nobody vouches for a name', async () => {
    await using agent = await newAgent();
    const whole = await checkOut(agent, { repository: world.daemon, ref: first });
    expect(whole.result).toMatchObject({ outcome: 'success', outputs: { commit: first, ref: first } });
    expect(readFileSync(join(agent.claim.workspace, 'file.txt'), 'utf8')).toBe('first\n');
    for (const ref of [{}, { ref: 'main' }, { ref: first.slice(0, 12) }]) {
      const { result, calls } = await checkOut(agent, { repository: world.daemon, path: 'b', ...ref });
      expect(result).toMatchObject({ error: { message: expect.stringContaining('whole commit id') } });
      expect(calls).toEqual([]);
    }
  }, 60_000);

  it('checks out in a hundred steps at a time', async () => {
    await using agent = await newAgent();
    const runs = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        checkOut(agent, { ...by('file'), path: `copy ${index}` }, { timeout: { ms: 500_000, own: false } }),
      ),
    );
    expect(runs.map(({ result }) => result.outcome)).toEqual(Array.from({ length: 100 }, () => 'success'));
    const read = (index: number): string => readFileSync(join(agent.claim.workspace, `copy ${index}/file.txt`), 'utf8');
    expect(runs.every((_, index) => read(index) === 'second\n')).toBe(true);
  }, 500_000);

  describe('what goes wrong', () => {
    it.each<[string, (agent: TestAgent) => JsonObject, string]>([
      ['a wrong token', () => ({ token: '${{ secrets.WRONG }}' }), 'Authentication failed'],
      ['no token', () => ({ token: '' }), 'could not read Username'],
      ['a certificate that nobody vouches for', () => ({ ca: '' }), 'certificate'],
    ])('%s is said, and never printed', async (_what, inputs, says) => {
      await using agent = await newAgent({ WRONG: 'wrong-horse-battery' });
      const { result, log } = await checkOut(agent, { ...by('https'), ...inputs(agent) });
      expect(result).toMatchObject({
        outcome: 'failure',
        error: { message: expect.stringContaining('git ls-remote') },
      });
      expect(log.stderr).toContain(says);
      expect(JSON.stringify([result, log, agent.recorded])).not.toMatch(/(?:wrong|correct)-horse/);
      expect(readdirSync(agent.claim.workspace)).toEqual([]);
    });

    it('a stranger’s key, and a host with another key than the one that is pinned', async () => {
      await using agent = await newAgent();
      const stranger = await checkOut(agent, { ...by('ssh'), 'ssh-key': '${{ secrets.STRANGER }}' });
      expect(stranger.log.stderr).toContain('Permission denied');
      const other = world.ssh.knownHosts.replace(/.{8}$/, 'AAAAAAAA');
      const pinned = await checkOut(agent, { ...by('ssh'), 'known-hosts': other });
      expect(pinned.log.stderr).toContain('Host key verification failed');
      expect([stranger.result, pinned.result]).toMatchObject([{ outcome: 'failure' }, { outcome: 'failure' }]);
      expect(secretsIn([stranger, pinned, agent.recorded])).toEqual([]);
    });

    it('a connection that is cut off leaves nothing, and the next try gets everything', async () => {
      await using agent = await newAgent();
      world.backend.fault = { after: 100_000, then: 'cut' };
      const cut = await checkOut(agent, { ...by('https'), depth: 0, path: 'source' });
      expect(cut.result).toMatchObject({
        class: 'failure',
        error: { message: expect.stringContaining('git fetch failed') },
      });
      expect(readdirSync(join(agent.claim.workspace, 'source'))).toEqual([]);
      world.backend.fault = undefined;
      expect((await checkOut(agent, { ...by('https'), depth: 0, path: 'source' })).result.outcome).toBe('success');
    });

    it.each(['cancelled', 'timeout'] as const)(
      'a server that stands still holds up no step that is %s',
      async (why) => {
        await using agent = await newAgent();
        world.backend.fault = { after: 100_000, then: 'stall' };
        const stalled = world.backend.stalled();
        const stop = new AbortController();
        const running = checkOut(agent, { ...by('https'), path: 'source' }, { signal: stop.signal });
        await expect.poll(() => world.backend.stalled()).toBe(stalled + 1);
        stop.abort(why);
        expect((await running).result).toMatchObject(
          why === 'timeout' ? { class: 'timeout' } : { outcome: 'cancelled' },
        );
        expect(readdirSync(join(agent.claim.workspace, 'source'))).toEqual([]);
        expect(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })).not.toContain(agent.claim.workspace);
      },
      90_000,
    );
  });
});
