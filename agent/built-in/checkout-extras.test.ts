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
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent, type TestAgent, type TestRun } from '../executor/testing/agent.ts';
import { type GitWorld, git, startGitWorld } from './testing/git-world.ts';

const canServe = (await needs('nginx')) && (await needs('ssh'));
const hasLfs = await needs('git-lfs');

describe.skipIf(!canServe)('checkout@v1', () => {
  const supervisor = sharedSupervisor();
  let world: GitWorld;
  beforeAll(async () => {
    world = await startGitWorld();
  }, 60_000);
  afterAll(() => world[Symbol.asyncDispose]());
  beforeEach(() => {
    world.backend.requests.length = 0;
  });

  const newAgent = (): Promise<TestAgent> =>
    createTestAgent({
      supervisor: supervisor(),
      secrets: { TOKEN: world.https.password, KEY: world.sshd.keys.client },
    });
  const byHttps = (): JsonObject => ({
    repository: world.https.url,
    username: world.https.user,
    token: '${{ secrets.TOKEN }}',
    ca: world.https.ca,
  });
  const checkOut = (agent: TestAgent, inputs: JsonObject): Promise<TestRun> =>
    agent.run({ uses: 'checkout@v1', with: inputs });

  it('gives submodules of the same server the same token, and those of another none', async () => {
    const library = join(world.folder, 'library.git');
    git(world.folder, 'clone', '--quiet', '--bare', world.origin, library);
    const source = join(world.folder, 'library');
    git(world.folder, 'clone', '--quiet', library, source);
    writeFileSync(join(source, 'lib.txt'), 'library\n');
    git(source, 'add', '.');
    git(source, 'commit', '--quiet', '-m', 'Library');
    git(source, 'push', '--quiet', 'origin', 'HEAD:main');
    git(world.work, 'submodule', '--quiet', 'add', library, 'vendor/library');
    git(world.work, 'config', '--file', '.gitmodules', 'submodule.vendor/library.url', '../library.git');
    world.commit({ 'file.txt': 'x' }, 'With a submodule');
    await using agent = await newAgent();
    for (const [way, inputs] of Object.entries({
      https: byHttps(),
      ssh: { repository: world.ssh.url, 'ssh-key': '${{ secrets.KEY }}', 'known-hosts': world.ssh.knownHosts },
      file: { repository: world.origin },
    })) {
      const { result } = await checkOut(agent, { ...inputs, path: way, submodules: 'recursive' });
      expect(result).toMatchObject({ outcome: 'success' });
      expect(readFileSync(join(agent.claim.workspace, way, 'vendor/library/lib.txt'), 'utf8')).toBe('library\n');
    }
    git(
      world.work,
      'config',
      '--file',
      '.gitmodules',
      'submodule.vendor/library.url',
      world.https.url.replace('127.0.0.1', 'localhost'),
    );
    world.commit({ 'file.txt': 'y' }, 'With a submodule elsewhere');
    const { result, log } = await checkOut(agent, { ...byHttps(), path: 'elsewhere', submodules: true });
    expect(result).toMatchObject({ error: { message: expect.stringContaining('git submodule failed') } });
    expect(log.stderr).toContain('could not read Username');
    git(world.work, 'rm', '--quiet', '--cached', 'vendor/library');
    rmSync(join(world.work, '.gitmodules'));
    rmSync(join(world.work, 'vendor'), { recursive: true });
  }, 120_000);

  describe.skipIf(!hasLfs)('of files that git-lfs keeps', () => {
    const large = `large — ü ${'x'.repeat(100_000)}`;
    const attributes = { '.gitattributes': '*.bin filter=lfs diff=lfs merge=lfs -text\n' };

    // Before there is one: over ssh the server has none.
    it('looks for them over ssh, too, with the step’s own key alone', async () => {
      world.commit({ ...attributes, 'small.txt': 'small' }, 'None of them');
      await using agent = await newAgent();
      const { url: repository, knownHosts } = world.ssh;
      const inputs = { repository, 'ssh-key': '${{ secrets.KEY }}', 'known-hosts': knownHosts, lfs: true };
      const { result, log } = await checkOut(agent, inputs);
      expect({ result, log }).toMatchObject({ result: { outcome: 'success' } });
      expect(readFileSync(join(agent.claim.workspace, 'small.txt'), 'utf8')).toBe('small');
    }, 60_000);

    it('fetches them from the repository’s own server, whatever the repository says', async () => {
      const pointer = world.backend.keep(large);
      // Another port of this machine, where nobody is, and a program.
      const settings = '[lfs]\n\turl = https://127.0.0.1:1/lfs\n[lfs "customtransfer.x"]\n\tpath = /bin/false\n';
      world.commit({ ...attributes, '.lfsconfig': settings, 'a folder/large ü.bin': pointer }, 'Large');
      await using agent = await newAgent();
      const { workspace } = agent.claim;
      expect((await checkOut(agent, { ...byHttps(), lfs: true })).result).toMatchObject({ outcome: 'success' });
      expect(readFileSync(join(workspace, 'a folder/large ü.bin'), 'utf8')).toBe(large);
      expect(world.backend.requests).toContain('POST /project%20name.git/info/lfs/objects/batch');
      expect(JSON.stringify(agent.recorded)).not.toContain(world.https.password);
    }, 60_000);

    it('leaves their pointers where it isn’t asked for them', async () => {
      const pointer = world.backend.keep(large);
      world.commit({ ...attributes, 'large.bin': pointer }, 'Large again');
      await using agent = await newAgent();
      expect((await checkOut(agent, byHttps())).result).toMatchObject({ outcome: 'success' });
      expect(readFileSync(join(agent.claim.workspace, 'large.bin'), 'utf8')).toBe(pointer);
      expect(world.backend.requests.filter((line) => line.includes('lfs'))).toEqual([]);
    }, 60_000);

    it('fails, and leaves nothing, where the server doesn’t have one', async () => {
      const pointer = world.backend.keep(large).replace(/sha256:.{8}/, 'sha256:00000000');
      world.commit({ ...attributes, 'missing.bin': pointer }, 'Missing');
      await using agent = await newAgent();
      const { result, log } = await checkOut(agent, { ...byHttps(), lfs: true, path: 'source' });
      expect(result).toMatchObject({ error: { message: expect.stringContaining('git checkout failed') } });
      expect(log.stderr).toContain('missing.bin');
      expect(readdirSync(join(agent.claim.workspace, 'source'))).toEqual([]);
      // With folders to write, too: that it could be a server without single files is no reason to fetch all of them.
      const some = await checkOut(agent, { ...byHttps(), lfs: true, path: 'some', sparse: 'docs' });
      expect(some.result).toMatchObject({ error: { message: expect.stringContaining('git checkout failed') } });
      expect(some.log.log).toContain('missing.bin');
      expect(some.log.log).not.toContain('fetching all of them');
      rmSync(join(world.work, 'missing.bin'));
      world.commit({}, 'Gone');
    }, 60_000);
  });

  it('says that git-lfs isn’t there where it is asked for its files', async () => {
    const programs = mkdtempSync(join(tmpdir(), 'waterflow-programs-'));
    for (const folder of ['/usr/sbin', '/usr/bin']) {
      for (const name of readdirSync(folder)) {
        if (name !== 'git-lfs' && !existsSync(join(programs, name)))
          symlinkSync(join(folder, name), join(programs, name));
      }
    }
    const path = process.env['PATH'];
    process.env['PATH'] = programs;
    try {
      await using agent = await newAgent();
      const { result } = await checkOut(agent, { repository: world.origin, lfs: true });
      expect(result).toMatchObject({
        outcome: 'failure',
        error: { message: expect.stringContaining("lfs: git-lfs is not installed on the agent's machine") },
      });
      mkdirSync(join(agent.claim.workspace, 'plain'));
      expect((await checkOut(agent, { repository: world.origin, path: 'plain' })).result.outcome).toBe('success');
    } finally {
      process.env['PATH'] = path;
      rmSync(programs, { recursive: true });
    }
  }, 60_000);
});
