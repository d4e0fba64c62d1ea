import { mkdirSync, readdirSync, readlinkSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import { type Digest, isJsonObject, type JsonObject } from '../../../schemas/index.ts';
import { authorize } from '../../grants/authorize.ts';
import { computeGrant } from '../../grants/compute-grant.ts';
import { testGrantRequest } from '../../grants/testing/grant.ts';
import { createSecretVault } from '../secret-vault.ts';
import { makeTestScope, performTestCall, type TestScope } from '../testing/call.ts';
import { callsUnder, testDocker } from './testing/calls.ts';
import { docker, importTestImage, testImage } from './testing/images.ts';

const works = await needs('docker');
const capability = testDocker();
const entry = {
  images: [testImage],
  operations: ['run', 'exec', 'logs'],
  mounts: ['workspace', 'volume'],
  network: 'run',
};

beforeAll(() => works && importTestImage());

function runScope(name: string, changes: Partial<TestScope['owner']> = {}): TestScope {
  const scope = makeTestScope();
  return Object.assign(scope, { owner: { ...scope.owner, run: `escape-test-${process.pid}-${name}`, ...changes } });
}

function sh(script: string, more: JsonObject = {}): JsonObject {
  return { image: testImage, command: ['sh', '-c', script], stdout: 'capture', stderr: 'capture', ...more };
}

describe('arguments that no schema lets through', () => {
  const computed = computeGrant(
    testGrantRequest({
      manifest: {
        docker: [
          {
            images: ['*'],
            operations: ['run', 'exec', 'build'],
            network: 'bridge',
            user: 'any',
            mounts: ['workspace', 'volume'],
          },
        ],
      },
    }),
  );
  const kindOf = (operation: string, args: JsonObject): string => {
    if ('error' in computed) throw new TypeError(computed.error.message);
    return authorize(computed.grant, { capability: 'docker', operation, args }).kind;
  };
  const id = 'a'.repeat(64);

  test('(what is granted is allowed)', () => {
    expect(kindOf('run', { image: 'alpine' })).toBe('allowed');
  });

  test.each<[string, string, JsonObject]>([
    ['privileges', 'run', { image: 'alpine', privileged: true }],
    ['the body of a request', 'run', { image: 'alpine', HostConfig: {} }],
    ["the host's network", 'run', { image: 'alpine', network: 'host' }],
    ["another container's network", 'run', { image: 'alpine', network: `container:${id}` }],
    ['a folder of the host by a volume', 'run', { image: 'alpine', mounts: [{ volume: '/etc', target: '/x' }] }],
    ['an option in a mount', 'run', { image: 'alpine', mounts: [{ path: '.', target: '/x', propagation: 'shared' }] }],
    ['a mount of both kinds', 'run', { image: 'alpine', mounts: [{ path: '.', volume: 'v', target: '/x' }] }],
    ['labels', 'run', { image: 'alpine', labels: { 'dev.waterflow.run': 'another' } }],
    ['a restart policy', 'start', { image: 'alpine', restart: 'always' }],
    ['an address for a port', 'start', { image: 'alpine', ports: [{ container: 80, host: 80, address: '0.0.0.0' }] }],
    ['a name that is a path', 'start', { image: 'alpine', name: '../x' }],
    ['a variable that is two', 'run', { image: 'alpine', env: { 'A=1\u0000B': 'x' } }],
    ['a container by a part of its id', 'exec', { container: 'aaaa', command: ['sh'] }],
    ['a container by a path', 'exec', { container: '../../images/json?x=', command: ['sh'] }],
    ['a privileged exec', 'exec', { container: id, command: ['sh'], privileged: true }],
    ['a user with an option', 'run', { image: 'alpine', user: '0 --privileged' }],
    ['a remote context', 'build', { tag: 'alpine', remote: 'https://example.com/x.git' }],
  ])('%s', (_what, operation, args) => {
    expect(kindOf(operation, args)).toBe('invalid');
  });
});

describe.runIf(works)('the workspace', () => {
  test.each<[string, string]>([
    ['above it', '..'],
    ['by an absolute path', '/etc'],
    ['by a link', 'link'],
    ['by a folder that is a link', 'link/sub'],
    ['by a file', 'file'],
  ])('is not left %s', async (_what, path) => {
    await using scope = runScope('paths');
    symlinkSync('/etc', join(scope.workspace, 'link'));
    writeFileSync(join(scope.workspace, 'file'), '');
    const call = callsUnder(capability, { entry, scope });
    const running = call('run', sh('ls /m', { mounts: [{ path, target: '/m' }] }));
    await expect(running).rejects.toMatchObject({ code: expect.stringMatching(/DENIED|INVALID_ARGUMENTS|FAILED/u) });
    await scope.endRun();
  });

  test('is not left by a link that takes the place of the folder while the call is carried out', async () => {
    await using scope = runScope('race');
    const folder = join(scope.workspace, 'folder');
    mkdirSync(folder);
    writeFileSync(join(folder, 'mine'), '');
    // Swaps after the check and before the daemon follows any path: as soon as it is asked to make the volume.
    const swap = (): void => {
      renameSync(folder, join(scope.workspace, 'moved'));
      symlinkSync('/etc', folder);
    };
    let asked = 0;
    const implied = (): boolean => {
      asked += 1;
      return true;
    };
    const call = callsUnder(capability, { entry, scope, implied });
    const running = call('run', sh('ls /m', { mounts: [{ path: 'folder', target: '/m' }] }));
    await expect.poll(() => heldFolders(folder), { timeout: 20_000, interval: 1 }).toBeGreaterThan(0);
    swap();
    expect(await running).toMatchObject({ stdout: 'mine\n' });
    expect(asked).toBeGreaterThan(0);
    await scope.endRun();
  });

  test('needs what fs needs for all that is below', async () => {
    await using scope = runScope('implied');
    mkdirSync(join(scope.workspace, 'folder'));
    const allowed: string[] = [];
    const call = callsUnder(capability, {
      entry,
      scope,
      implied({ operation, args }) {
        allowed.push(`${operation} ${(args as { path: string }).path}`);
        return operation === 'read';
      },
    });
    const mount = { path: 'folder', target: '/m' };
    expect(await call('run', sh('true', { mounts: [mount] }))).toMatchObject({ exit_code: 0 });
    expect(allowed.every((asked) => /^read folder\/.{10,}/u.test(asked))).toBe(true);
    const writing = call('run', sh('true', { mounts: [{ ...mount, access: 'write' }] }));
    await expect(writing).rejects.toMatchObject({ code: 'DENIED', message: expect.stringContaining('folder/**') });
    await scope.endRun();
  });

  test('is not written to as another user, and gets nothing of the image', async () => {
    await using scope = runScope('root');
    mkdirSync(join(scope.workspace, 'empty'));
    const call = callsUnder(capability, { entry: { ...entry, user: 'any' }, scope });
    const mounts = [{ path: 'empty', target: '/bin', access: 'write' }];
    await expect(call('run', sh('true', { user: '0', mounts }))).rejects.toMatchObject({ code: 'DENIED' });
    // The image's /bin is hidden, not copied; so nothing can be run.
    await call('run', sh('true', { mounts })).catch(() => undefined);
    expect(readdirSync(join(scope.workspace, 'empty'))).toEqual([]);
    await scope.endRun();
  });

  test.each(['/', '/proc', '/proc/x', '/sys', '/dev/shm', 'relative', '/a/../b', '//a'])(
    'is not put at %s',
    async (target) => {
      await using scope = runScope('targets');
      const call = callsUnder(capability, { entry, scope });
      await expect(call('run', sh('true', { mounts: [{ path: '.', target }] }))).rejects.toMatchObject({
        code: 'INVALID_ARGUMENTS',
      });
      await scope.endRun();
    },
  );
});

/** How many descriptors of this process are of that folder. */
function heldFolders(folder: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => linkOf(`/proc/self/fd/${fd}`) === folder).length;
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // Closed since it was listed.
    return undefined;
  }
}

describe.runIf(works)('containers of others', () => {
  test('of other runs, other plugins and nobody at all are not there', async () => {
    await using mine = runScope('mine');
    await using other = runScope('other');
    const digest = `sha256:${'1'.repeat(64)}` as Digest; // Of that form.
    await using plugin = runScope('mine', { plugin: { name: 'test', version: '1.0.0', digest } });
    const foreign = docker('run', '-d', '--network', 'none', testImage, 'sleep', '1000');
    try {
      const started = await callsUnder(capability, { entry, scope: mine })('start', {
        image: testImage,
        command: ['sleep', '1000'],
      });
      const ids = [started['container'] ?? '', foreign];
      for (const scope of [other, plugin]) {
        const call = callsUnder(capability, { entry, scope });
        for (const container of ids) {
          await expect(call('exec', { container, command: ['true'] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
          await expect(call('logs', { container })).rejects.toMatchObject({ code: 'NOT_FOUND' });
          await expect(call('remove', { container })).rejects.toMatchObject({ code: 'NOT_FOUND' });
        }
      }
    } finally {
      docker('rm', '-f', foreign);
      await mine.endRun();
      await other.endRun();
    }
  });

  test('keep their names on the network of the run, until they are removed', async () => {
    await using mine = runScope('names');
    const digest = `sha256:${'1'.repeat(64)}` as Digest; // Of that form.
    await using plugin = runScope('names', { plugin: { name: 'test', version: '1.0.0', digest } });
    const networked = { ...entry, network: 'run' };
    const start = (scope: TestScope) =>
      callsUnder(capability, { entry: networked, scope })('start', {
        image: testImage,
        command: ['sleep', '1000'],
        network: 'run',
        name: 'db',
      });
    try {
      const { container } = await start(mine);
      await start(mine);
      await expect(start(plugin)).rejects.toMatchObject({
        code: 'FAILED',
        message: expect.stringContaining('another plugin of the run has a container called `db`'),
        remedy: expect.stringContaining('another name'),
      });
      const call = callsUnder(capability, { entry: networked, scope: mine });
      await call('remove', { container: container ?? '' });
      await expect(start(plugin)).rejects.toMatchObject({ code: 'FAILED' });
    } finally {
      await mine.endRun();
    }
  });

  test('are not reached over the network of a run, nor is the machine', async () => {
    await using mine = runScope('net-mine');
    await using other = runScope('net-other');
    const started = {
      image: testImage,
      network: 'run',
      name: 'web',
      command: ['sh', '-c', 'while true; do echo x | nc -l -p 80; done'],
    };
    try {
      const { container } = await callsUnder(capability, { entry, scope: mine })('start', started);
      const address = docker(
        'inspect',
        '-f',
        '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
        JSON.stringify(container).replaceAll('"', ''),
      );
      const script = `nc -w 2 ${address} 80 || echo no; nc -w 2 web 80 || echo no; ping -c 1 -W 2 $(ip route | sed -n "s/default via \\([^ ]*\\).*/\\1/p") >/dev/null || echo no`;
      const answer = await callsUnder(capability, { entry, scope: other })('run', sh(script, { network: 'run' }));
      expect(answer['stdout']).toBe('no\nno\nno\n');
    } finally {
      await mine.endRun();
      await other.endRun();
    }
  });

  test('survive, though their image claims to be an agent’s', async () => {
    const forged = 'waterflow.test/forged:1';
    const owner = '00000000-0000-0000-0000-000000000000/1/1/1';
    importTestImage(forged, [`LABEL dev.waterflow.agent=${owner} dev.waterflow.name=production dev.waterflow.run=x`]);
    const foreign = docker('run', '-d', '--name', 'production', '--network', 'none', forged, '/bin/sleep', '1000');
    await using scope = runScope('forged');
    try {
      // An agent that uses docker for the first time sweeps.
      await callsUnder(testDocker(), { entry, scope })('run', sh('true'));
      expect(docker('ps', '-q', '--no-trunc', '--filter', `id=${foreign}`)).toBe(foreign);
    } finally {
      docker('rm', '-f', foreign);
      docker('rmi', forged);
      await scope.endRun();
    }
  });
});

describe.runIf(works)('secrets', () => {
  test('that one image is trusted with do not go to a program in another', async () => {
    await using scope = runScope('trust', {});
    const vault = createSecretVault({ secrets: { TOKEN: 'the-value' }, random: scope.random });
    const trusting = { images: ['waterflow.test/trusted:1'], operations: ['exec'], secrets: ['TOKEN'] };
    const trusted = Object.assign(scope, { secrets: vault });
    const layers = [[trusting, entry]];
    const call = (operation: string, args: JsonObject) =>
      performTestCall(capability, { layers, operation, args }, trusted);
    const started = await call('start', { image: testImage, command: ['sleep', '1000'] });
    const env = { TOKEN: vault.placeholder('TOKEN') ?? '' };
    const container = isJsonObject(started) ? (started['container'] ?? '') : '';
    const args = { container, command: ['sh', '-c', 'printf %s "$TOKEN" | wc -c'], env, stdout: 'capture' };
    expect(await call('exec', args)).toMatchObject({ stdout: `${env.TOKEN.length}\n` });
    await scope.endRun();
  });
});

describe.runIf(works)('the secrets of a container', () => {
  test('are for calls that are granted them', async () => {
    await using scope = runScope('known');
    const vault = createSecretVault({ secrets: { TOKEN: 'the-value' }, random: scope.random });
    const knowing = Object.assign(scope, { secrets: vault });
    const starting = callsUnder(capability, { entry: { ...entry, secrets: ['TOKEN'] }, scope: knowing });
    const env = { TOKEN: vault.placeholder('TOKEN') ?? '' };
    const { container = '' } = await starting('start', { image: testImage, command: ['sleep', '1000'], env });
    const later = callsUnder(capability, { entry, scope: knowing });
    const looking = { container, command: ['env'], stdout: 'capture' };
    await expect(later('exec', looking)).rejects.toMatchObject({ code: 'DENIED' });
    await expect(later('logs', { container })).rejects.toMatchObject({ code: 'DENIED' });
    expect(await starting('exec', looking)).toMatchObject({ stdout: expect.stringContaining(`TOKEN=${env.TOKEN}`) });
    await scope.endRun();
  });
});

describe.runIf(works)('images', () => {
  test('are the ones that were granted, also where the daemon would take the name for an id', async () => {
    await using scope = runScope('ids');
    const id = docker('image', 'inspect', '-f', '{{.Id}}', testImage).slice('sha256:'.length);
    const call = callsUnder(capability, { entry: { ...entry, images: ['*'], operations: ['run'] }, scope });
    for (const image of [id.slice(0, 12), id]) {
      await expect(call('run', sh('true', { image, pull: 'never' }))).rejects.toMatchObject({
        code: expect.stringMatching(/NOT_FOUND|FAILED/u),
      });
    }
    await expect(call('run', sh('true', { image: `sha256:${id}` }))).rejects.toMatchObject({
      code: expect.stringMatching(/INVALID|NOT_FOUND|DENIED/u),
    });
    await scope.endRun();
  });

  test('that are missing are pulled only by whom `pull` is granted to', async () => {
    await using scope = runScope('pull');
    const call = callsUnder(capability, { entry: { ...entry, images: ['*'] }, scope });
    await expect(call('run', sh('true', { image: 'waterflow.test/missing' }))).rejects.toMatchObject({
      code: 'DENIED',
    });
    await scope.endRun();
  });
});
