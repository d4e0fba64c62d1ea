import { beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import { makeTestScope } from '../testing/call.ts';
import { callsUnder, testDocker } from './testing/calls.ts';
import { docker, importTestImage, testImage } from './testing/images.ts';
import { startTestRegistry } from './testing/registry.ts';

const works = await needs('docker');
const capability = testDocker();

beforeAll(() => works && importTestImage());

describe.runIf(works)('a registry', () => {
  test('is pushed to, and pulled from by digest', async () => {
    await using registry = await startTestRegistry();
    await using scope = makeTestScope();
    const image = `${registry.host}/team/app`;
    const entry = { images: [`${image}:*`], operations: ['pull', 'push', 'run'] };
    const call = callsUnder(capability, { entry, scope });
    docker('tag', testImage, `${image}:v1`);
    const { digest } = await call('push', { image: `${image}:v1` });
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/u);
    expect([...registry.manifests.keys()]).toContain('team/app:v1');
    docker('rmi', `${image}:v1`);

    const pinned = `${image}@${digest as string}`;
    const pulled = await call('pull', { image: pinned });
    expect(pulled['digests']).toContain(pinned);
    expect(await call('run', { image: pinned, command: ['echo', 'ran'], stdout: 'capture' })).toMatchObject({
      stdout: 'ran\n',
      digests: expect.arrayContaining([pinned]),
    });
    docker('rmi', pinned);
    // `run` fetches what is missing.
    expect(await call('run', { image: `${image}:v1`, command: ['true'] })).toMatchObject({ exit_code: 0 });
    docker('rmi', `${image}:v1`);
    await scope.endRun();
  });

  test('is not asked for what is not granted', async () => {
    await using registry = await startTestRegistry();
    await using scope = makeTestScope();
    const entry = { images: [`${registry.host}/team/app:1`], operations: ['pull'] };
    const call = callsUnder(capability, { entry, scope });
    for (const image of ['team/app:2', 'team/other:1', 'app:1']) {
      await expect(call('pull', { image: `${registry.host}/${image}` })).rejects.toMatchObject({ code: 'DENIED' });
    }
    await expect(call('push', { image: `${registry.host}/team/app:1` })).rejects.toMatchObject({ code: 'DENIED' });
    expect(registry.manifests.size).toBe(0);
    await scope.endRun();
  });

  test('that has no such image says so', async () => {
    await using registry = await startTestRegistry();
    await using scope = makeTestScope();
    const entry = { images: ['*'], operations: ['pull', 'push'] };
    const call = callsUnder(capability, { entry, scope });
    const image = `${registry.host}/no/such:1`;
    await expect(call('pull', { image })).rejects.toMatchObject({ code: expect.stringMatching(/NOT_FOUND|FAILED/u) });
    await expect(call('push', { image })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(call('push', { image: `${registry.host}/a@sha256:${'a'.repeat(64)}` })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await scope.endRun();
  });

  test('gets the credentials of this invocation, and of no other', async () => {
    await using registry = await startTestRegistry({ credentials: 'robot:the-password' });
    await using scope = makeTestScope({ secrets: { PASSWORD: 'the-password' } });
    const image = `${registry.host}/team/app:v1`;
    const entry = { images: [image], operations: ['login', 'push'], secrets: ['PASSWORD'] };
    const call = callsUnder(capability, { entry, scope });
    docker('tag', testImage, image);
    const login: JsonObject = {
      registry: registry.host,
      username: 'robot',
      password: scope.secrets.placeholder('PASSWORD') ?? '',
    };
    await expect(call('push', { image })).rejects.toMatchObject({ code: 'FAILED' });
    await call('login', login);
    await call('push', { image });
    expect(scope.notes).toContainEqual({ registry: registry.host, secrets: ['PASSWORD'] });

    await using later = makeTestScope({ secrets: { PASSWORD: 'the-password' } });
    const again = callsUnder(capability, { entry, scope: later });
    await expect(again('push', { image })).rejects.toMatchObject({ code: 'FAILED' });
    docker('rmi', image);
    await scope.endRun();
    await later.endRun();
  });

  test('gets no secret that is not granted, and no credentials of another', async () => {
    await using registry = await startTestRegistry({ credentials: 'robot:the-password' });
    await using other = await startTestRegistry({ credentials: 'other:other-password' });
    await using scope = makeTestScope({ secrets: { PASSWORD: 'the-password' } });
    const entry = { images: [`${registry.host}/a:1`], operations: ['login', 'pull'] };
    const call = callsUnder(capability, { entry, scope });
    const password = scope.secrets.placeholder('PASSWORD') ?? '';
    const login = { registry: registry.host, username: 'robot', password };
    await expect(call('login', login)).rejects.toMatchObject({ code: 'FAILED' });
    const sent = [...registry.authorizations].map((header) =>
      Buffer.from(header.slice('Basic '.length), 'base64').toString(),
    );
    expect(sent).toEqual([`robot:${password}`]);
    await expect(call('login', { ...login, registry: other.host })).rejects.toMatchObject({ code: 'DENIED' });

    const both = callsUnder(capability, {
      entry: {
        images: [`${registry.host}/a:1`, `${other.host}/a:1`],
        operations: ['login', 'pull'],
        secrets: ['PASSWORD'],
      },
      scope,
    });
    await both('login', login);
    await expect(both('pull', { image: `${other.host}/a:1` })).rejects.toMatchObject({
      code: expect.stringMatching(/FAILED|NOT_FOUND/u),
    });
    expect([...other.authorizations].join(' ')).not.toContain(Buffer.from('robot:the-password').toString('base64'));
    await scope.endRun();
  });

  test('that stalls is given up when the time is over', async () => {
    await using registry = await startTestRegistry({ stalls: true });
    await using scope = makeTestScope();
    const call = callsUnder(capability, { entry: { images: ['*'], operations: ['pull'] }, scope });
    const pulling = call('pull', { image: `${registry.host}/team/app:v1`, timeout_ms: 1000 });
    await expect(pulling).rejects.toMatchObject({ code: 'TIMEOUT' });
    await scope.endRun();
  });
});
