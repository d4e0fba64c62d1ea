/** What checkout@v1 makes of an earlier checkout that was another one, and what is left of it where something goes wrong. */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent, type TestAgent, type TestRun } from '../executor/testing/agent.ts';
import { type GitWorld, git, inputsBy, startGitWorld, type Way } from './testing/git-world.ts';

const canServe = (await needs('nginx')) && (await needs('ssh'));
const hasLfs = await needs('git-lfs');

describe.skipIf(!canServe)('an incremental checkout', () => {
  const supervisor = sharedSupervisor();
  let world: GitWorld;
  let first = '';
  let last = '';
  beforeAll(async () => {
    world = await startGitWorld();
    first = world.commit({ 'file.txt': 'first\n', 'same.txt': 'same\n' }, 'First');
    world.commit({ 'file.txt': 'second\n' }, 'Second');
    // So much that no pack of it is over in a moment.
    last = world.commit({ 'file.txt': 'third\n', noise: randomBytes(500_000).toString('base64') }, 'Third');
  }, 60_000);
  afterAll(() => world[Symbol.asyncDispose]());
  afterEach(() => {
    world.backend.fault = undefined;
  });

  const by = (way: Way): JsonObject => inputsBy(world, way);
  const newAgent = (): Promise<TestAgent> =>
    createTestAgent({
      supervisor: supervisor(),
      secrets: { TOKEN: world.https.password, WRONG: 'wrong-horse-battery', KEY: world.sshd.keys.client },
    });
  const checkOut = (agent: TestAgent, inputs: JsonObject): Promise<TestRun> =>
    agent.run({ uses: 'checkout@v1', with: { incremental: true, ...inputs } });
  const succeeds = async (agent: TestAgent, inputs: JsonObject): Promise<TestRun> => {
    const run = await checkOut(agent, inputs);
    expect({ result: run.result, log: run.log }).toMatchObject({ result: { outcome: 'success' } });
    return run;
  };

  describe.each<Way>(['https', 'ssh', 'file'])('by %s', (way) => {
    it('has all of the history where an earlier one had a part of it', async () => {
      await using agent = await newAgent();
      const { workspace } = agent.claim;
      await succeeds(agent, by(way));
      expect(git(workspace, 'rev-list', '--count', 'HEAD')).toBe('1');
      const before = statSync(join(workspace, 'same.txt'), { bigint: true }).mtimeNs;
      const { log } = await succeeds(agent, { ...by(way), depth: 0 });
      expect(log.log).toContain(`going on from ${last}`);
      expect(git(workspace, 'rev-list', 'HEAD').split('\n')).toHaveLength(3);
      expect(git(workspace, 'rev-parse', '--is-shallow-repository')).toBe('false');
      expect(statSync(join(workspace, 'same.txt'), { bigint: true }).mtimeNs).toBe(before);
      git(workspace, 'fsck', '--strict');
      await succeeds(agent, { ...by(way), depth: 0 });
      await succeeds(agent, by(way));
      expect(git(workspace, 'rev-list', '--count', 'HEAD')).toBe('1');
    }, 120_000);

    it('finds a commit that is older than what an earlier one had', async () => {
      await using agent = await newAgent();
      await succeeds(agent, by(way));
      await succeeds(agent, { ...by(way), ref: first });
      expect(readFileSync(join(agent.claim.workspace, 'file.txt'), 'utf8')).toBe('first\n');
    }, 120_000);
  });

  describe.skipIf(!hasLfs)('of files that git-lfs keeps', () => {
    const content = `large — ü ${'x'.repeat(100_000)}`;
    let pointer = '';
    beforeAll(() => {
      pointer = world.backend.keep(content);
      git(world.work, 'checkout', '--quiet', '-b', 'large');
      writeFileSync(join(world.work, '.gitattributes'), '*.bin filter=lfs diff=lfs merge=lfs -text\n');
      writeFileSync(join(world.work, 'large.bin'), pointer);
      git(world.work, 'add', '--all');
      git(world.work, 'commit', '--quiet', '-m', 'Large');
      git(world.work, 'push', '--quiet', 'origin', 'large');
      git(world.work, 'checkout', '--quiet', 'main');
    });
    const large = (lfs: boolean): JsonObject => ({ ...by('https'), ref: 'large', lfs });
    const read = (agent: TestAgent): string => readFileSync(join(agent.claim.workspace, 'large.bin'), 'utf8');

    it('fetches them where an earlier one left their pointers', async () => {
      await using agent = await newAgent();
      await succeeds(agent, large(false));
      expect(read(agent)).toBe(pointer);
      const { log } = await succeeds(agent, large(true));
      expect(log.log).toContain('going on from');
      expect(read(agent)).toBe(content);
    }, 60_000);

    it('fetches them where a step put their pointers there', async () => {
      await using agent = await newAgent();
      await succeeds(agent, large(true));
      writeFileSync(join(agent.claim.workspace, 'large.bin'), pointer);
      await succeeds(agent, large(true));
      expect(read(agent)).toBe(content);
    }, 60_000);

    it('leaves their pointers where an earlier one fetched them', async () => {
      await using agent = await newAgent();
      await succeeds(agent, large(true));
      expect(read(agent)).toBe(content);
      await succeeds(agent, large(false));
      expect(read(agent)).toBe(pointer);
    }, 60_000);
  });

  describe('that fails', () => {
    it.each<[string, () => JsonObject]>([
      ['whose server doesn’t let it in', () => ({ ...by('https'), token: '${{ secrets.WRONG }}' })],
      ['of a branch that isn’t there', () => ({ ...by('https'), ref: 'nowhere' })],
      ['of another repository that isn’t there', () => ({ repository: `${world.origin}/nowhere` })],
      ['of a few folders of another one', () => ({ repository: `${world.origin}/nowhere`, sparse: 'docs' })],
    ])(
      'leaves an earlier one as it was: one %s',
      async (_what, inputs) => {
        await using agent = await newAgent();
        const { workspace } = agent.claim;
        await succeeds(agent, by('https'));
        git(workspace, 'config', 'some.setting', 'kept');
        writeFileSync(join(workspace, 'leftover'), 'x');
        expect((await checkOut(agent, inputs())).result).toMatchObject({ outcome: 'failure' });
        expect(git(workspace, 'status', '--porcelain')).toBe('?? leftover');
        expect(git(workspace, 'config', 'some.setting')).toBe('kept');
        expect(git(workspace, 'rev-parse', 'HEAD')).toBe(last);
      },
      60_000,
    );

    it('in the middle leaves the earlier one’s objects, from which the next try goes on', async () => {
      await using agent = await newAgent();
      await succeeds(agent, { ...by('https'), ref: first });
      world.backend.fault = { after: 100_000, then: 'cut' };
      const cut = await checkOut(agent, by('https'));
      expect(cut.result).toMatchObject({ error: { message: expect.stringContaining('git fetch failed') } });
      world.backend.fault = undefined;
      // As one leaves that was killed.
      writeFileSync(join(agent.claim.workspace, '.git/objects/pack/tmp_pack_a1B2c3'), 'PACK');
      const { log } = await succeeds(agent, by('https'));
      expect(log.log).toContain(`going on from ${first}`);
      expect(existsSync(join(agent.claim.workspace, '.git/objects/pack/tmp_pack_a1B2c3'))).toBe(false);
      expect(git(agent.claim.workspace, 'status', '--porcelain')).toBe('');
    }, 60_000);

    it('leaves nothing once it had started anew', async () => {
      await using agent = await newAgent();
      const { workspace } = agent.claim;
      await succeeds(agent, { ...by('https'), ref: first });
      const note = join(workspace, '.git/waterflow-checkout.json');
      writeFileSync(note, readFileSync(note, 'utf8').replace(first, '1'.repeat(40)));
      world.backend.fault = { after: 100_000, then: 'cut' };
      const { result, log } = await checkOut(agent, by('https'));
      expect(result).toMatchObject({ outcome: 'failure' });
      expect(log.log).toContain('starting anew');
      expect(readdirSync(workspace)).toEqual([]);
    }, 60_000);
  });
});
