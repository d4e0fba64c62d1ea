/** What file-transfer@v1 may not do, and what goes wrong with it, on OpenSSH's own server. */
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { startOwnServer } from '../../runtime/capabilities/ssh/testing/own-server.ts';
import { startUnsteadyNetwork } from '../../runtime/capabilities/ssh/testing/unsteady-network.ts';
import { filledLayer } from '../../runtime/grants/testing/filled.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { Json, JsonObject } from '../../schemas/index.ts';
import { mountSmallDisk } from '../../storage/contract/small-disk.ts';
import { createTestAgent, repository, type TestRun } from '../executor/testing/agent.ts';
import {
  filesBelow,
  startTransferWorld,
  type TransferWorld,
  transferPolicy,
  writeFiles,
} from './testing/file-transfer-world.ts';

const supervisor = sharedSupervisor();
const works = await needs('ssh');

describe.skipIf(!works)('file-transfer@v1', () => {
  let world: TransferWorld;
  beforeAll(async () => {
    world = await startTransferWorld(supervisor(), { secrets: { WRONG: 'battery-staple' } });
    writeFiles(world.here('.'), { file: 'content', 'folder/one': '1' });
    writeFiles(world.there('.'), { secret: 'root:x:0:0' });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const expectFailure = (run: TestRun, message: RegExp, more: JsonObject = {}): void =>
    expect(run).toMatchObject({
      result: { outcome: 'failure', error: { message: expect.stringMatching(message) }, ...more },
    });
  const upload = (inputs: JsonObject = {}) => ({ mode: 'upload', from: 'file', to: world.there('new'), ...inputs });
  const download = (inputs: JsonObject = {}) => ({
    mode: 'download',
    from: world.there('secret'),
    to: 'got',
    ...inputs,
  });

  describe('is denied', () => {
    it('a private address that the operator has not written out', async () => {
      await using agent = await createTestAgent({
        supervisor: supervisor(),
        policy:
          'version: 1\nrequire: { confinement: 0 }\nrules: [{ plugin: built-in, allow: requested, profile: host }]',
        secrets: { KEY: world.server.keys.client },
      });
      const login = { host: '127.0.0.1', port: world.server.port, user: world.server.user };
      const inputs = { ...login, 'host-key': world.server.fingerprint, key: '${{ secrets.KEY }}', ...download() };
      const run = await agent.run({ uses: 'file-transfer@v1', with: inputs });
      expectFailure(run, /private/, { class: 'denied', error: { remedy: expect.stringContaining('policy') } });
    });

    it.each([
      ['another place there', { write: '/srv/**' }],
      ['reading there, which comparing needs', { read: undefined }],
      ['another user', { user: 'somebody' }],
      ['another secret', { secrets: ['STRANGER'] }],
      ['another host', { host: 'example.com' }],
    ] as const)('what a step narrows away: %s', async (_what, narrowed) => {
      const entry = { ...world.server.entry, secrets: ['KEY'], ...narrowed };
      const left = Object.entries(entry).filter(([key, value]) => key !== 'key' && value !== undefined);
      const permissions = { ssh: [Object.fromEntries<Json>(left)], fs: [{ read: '**' }] };
      const run = await world.transfer(upload(), { permissions: [filledLayer({ permissions, inputs: {} })] });
      expectFailure(run, /./, { class: 'denied' });
      expect(filesBelow(world.there('.'))).toEqual(['secret']);
    });

    it('everything where its manifest requests nothing', async () => {
      const plugins = join(repository, 'plugins/file-transfer');
      const manifest = readFileSync(join(plugins, 'plugin.yaml'), 'utf8').replace(/^permissions:\n(?: .*\n)*/m, '');
      const sources = readdirSync(plugins).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
      const files = Object.fromEntries(sources.map((name) => [name, readFileSync(join(plugins, name), 'utf8')]));
      await using agent = await createTestAgent({
        supervisor: supervisor(),
        policy: transferPolicy.replace('plugin: file-transfer', 'plugin: bare-transfer'),
        approve: ['./plugins/bare'],
        secrets: { KEY: world.server.keys.client },
      });
      agent.plugin('bare', { ...files, 'plugin.yaml': manifest.replace('name: file-transfer', 'name: bare-transfer') });
      writeFileSync(join(agent.claim.workspace, 'file'), 'content');
      const login = { host: '127.0.0.1', port: world.server.port, user: world.server.user };
      for (const inputs of [upload(), download(), { mode: 'exec', command: 'id' }]) {
        const given = { ...login, 'host-key': world.server.fingerprint, key: '${{ secrets.KEY }}', ...inputs };
        const run = await agent.run({ uses: './plugins/bare', with: given });
        expectFailure(run, /./);
        expect(run.calls.filter(({ decision }) => decision === 'allowed')).toEqual([]);
      }
      expect(filesBelow(world.there('.'))).toEqual(['secret']);
    });
  });

  describe('refuses', () => {
    it.each<[string, () => JsonObject]>([
      ['a way out of the workspace', () => upload({ from: '../../etc/passwd' })],
      ['an absolute path of the agent', () => upload({ from: '/etc/passwd' })],
      ['to write outside of the workspace', () => download({ to: '../got' })],
      ['a way up there', () => upload({ to: `${world.there('a')}/../new` })],
      ['a backslash there', () => upload({ to: `${world.there('a')}\\..\\new` })],
      ['a pattern for a user', () => upload({ user: '*' })],
      ['a pattern for a host', () => upload({ host: '*' })],
      ['an option for a host', () => upload({ host: '-oProxyCommand=id' })],
      ['a line for a host', () => upload({ host: '127.0.0.1\nProxyCommand id' })],
      ['a key written out', () => upload({ key: 'PRIVATE-correct-horse' })],
      ['no login', () => upload({ key: '' })],
      ['a setuid bit', () => upload({ permissions: '4755' })],
      ['permissions that YAML read as a number', () => upload({ permissions: 420 })],
      ['a pattern that leaves the folder', () => upload({ from: 'folder', include: '../**' })],
      ['what another mode knows', () => upload({ command: 'id' })],
      ['the home folder by a tilde', () => upload({ to: '~/new' })],
      ['no target', () => ({ mode: 'upload', from: 'file' })],
      ['a host key that is none', () => upload({ 'host-key': 'any' })],
      ['a command line for a command', () => ({ mode: 'exec', command: 'id; id' })],
      ['any command', () => ({ mode: 'exec', command: '*' })],
    ])('%s', async (_what, inputs) => {
      const run = await world.transfer(inputs());
      expect(run.result).toMatchObject({ outcome: 'failure' });
      expect(JSON.stringify(run)).not.toContain('correct-horse');
      expect(filesBelow(world.there('.'))).toEqual(['secret']);
      expect(filesBelow(world.here('.'))).toEqual(['file', 'folder/one']);
    });

    it('to take a star for more than a name', async () => {
      const run = await world.transfer(download({ from: world.there('s*') }));
      expectFailure(run, /does not exist/);
      expect((await world.transfer(upload({ to: world.there('**') }))).result).toMatchObject({ outcome: 'success' });
      expect(filesBelow(world.there('.'))).toEqual(['**', 'secret']);
      await world.transfer({ mode: 'exec', command: 'rm', args: ['-f', world.there('**')] });
      expect(filesBelow(world.there('.'))).toEqual(['secret']);
    });

    it('to follow links out of the place that was named', async () => {
      const away = join(world.server.root, '../away');
      mkdirSync(away);
      mkdirSync(world.there('in'));
      symlinkSync(away, world.there('in/out'));
      symlinkSync('/etc/hostname', world.here('link'));
      for (const inputs of [
        upload({ from: 'folder', to: world.there('in/out') }),
        upload({ to: world.there('in/out/new') }),
        upload({ from: 'link' }),
      ]) {
        expectFailure(await world.transfer(inputs), /./, { class: 'denied' });
      }
      expect(readdirSync(away)).toEqual([]);
    });
  });

  describe('says what is wrong, and no secret, with', () => {
    it('another host key', async () => {
      const run = await world.transfer(upload({ 'host-key': `SHA256:${'A'.repeat(43)}` }));
      expectFailure(run, /host key SHA256:.* not pinned/, { class: 'denied' });
      expect(filesBelow(world.there('.'))).not.toContain('new');
    });

    it('a key that is not let in, and a secret that is no key', async () => {
      const stranger = await world.transfer(upload({ key: '${{ secrets.STRANGER }}' }));
      expectFailure(stranger, /refuses the login/, { class: 'failure' });
      const wrong = await world.transfer(upload({ key: '${{ secrets.WRONG }}' }));
      expectFailure(wrong, /`WRONG` is not a private key/);
      const kept = JSON.stringify([stranger, wrong, world.agent.recorded, world.agent.results]);
      const lines = world.server.keys.stranger.split('\n').filter((line) => line.length > 30);
      expect(['battery-staple', ...lines].filter((text) => kept.includes(text))).toEqual([]);
    });

    it('a password that is not let in', async () => {
      const tried: string[] = [];
      await using server = await startOwnServer({
        authenticate(context) {
          if (context.method === 'password') tried.push(context.password);
          context.reject(['password']);
        },
      });
      const { port = 0, user = '', 'host-key': pin = '' } = server.entry;
      const inputs = { port, user, 'host-key': pin, key: '', password: '${{ secrets.WRONG }}' };
      const run = await world.transfer({ ...upload(), ...inputs });
      expectFailure(run, /refuses the login/);
      expect(tried).toEqual(['battery-staple']);
      expect(JSON.stringify([run, world.agent.recorded, world.agent.results])).not.toContain('battery-staple');
    });

    it('a connection that is reset', async () => {
      await using network = await startUnsteadyNetwork(world.server.port, { after_bytes: 200_000, kind: 'cut' });
      writeFiles(world.there('reset'), { big: Buffer.alloc(2_000_000) });
      const run = await world.transfer(download({ from: world.there('reset'), to: 'reset', port: network.port }));
      expectFailure(run, /127\.0\.0\.1/, { class: 'failure' });
      expect(filesBelow(world.here('reset'))).toEqual([]);
    });

    it('a disk that is full there', async (context) => {
      using disk = mountSmallDisk({ bytes: 1024 * 1024 });
      if (disk === undefined) {
        context.skip();
        return;
      }
      writeFiles(world.here('full'), { big: Buffer.alloc(3_000_000, 'x') });
      const run = await world.transfer(upload({ from: 'full/big', to: join(disk.folder, 'big') }));
      expectFailure(run, /disk may be full/, { class: 'failure' });
      expect(readdirSync(disk.folder)).toEqual([]);
    });

    it('a folder that is a file there, and the other way round', async () => {
      cpSync(world.here('folder'), world.there('both'), { recursive: true });
      expectFailure(await world.transfer(upload({ to: world.there('both') })), /is a folder there/);
      expectFailure(await world.transfer(upload({ from: 'folder', to: world.there('both/one') })), /is a file there/);
      expect(readFileSync(world.there('both/one'), 'utf8')).toBe('1');
    });
  });

  describe.each([
    ['an upload', 'upload'],
    ['a download', 'download'],
  ] as const)('that is cancelled in the middle of %s', (_what, mode) => {
    it('leaves nothing of it', async () => {
      await using network = await startUnsteadyNetwork(world.server.port, { after_bytes: 5_000_000, kind: 'hold' });
      const at = mode === 'upload' ? world.here : world.there;
      writeFiles(at(`cancel-${mode}`), { big: Buffer.alloc(20_000_000, 'x') });
      const target = mode === 'upload' ? world.there('cancelled') : world.here('cancelled');
      const ends =
        mode === 'upload'
          ? upload({ from: 'cancel-upload', to: target })
          : download({ from: at('cancel-download'), to: 'cancelled' });
      const controller = new AbortController();
      const running = world.transfer({ ...ends, port: network.port }, { signal: controller.signal });
      await network.happened;
      controller.abort();
      network.release();
      expect((await running).result).toMatchObject({ outcome: 'cancelled' });
      await expect.poll(() => filesBelow(target)).toEqual([]);
    });
  });
});
