import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../schemas/index.ts';
import { readContainerRequest } from './container-request.ts';
import { Refusal } from './refusal.ts';

const setting = { workspaces: ['/work/space'], anonymousVolume: () => 'anonymous-1' };

function read(body: JsonObject): ReturnType<typeof readContainerRequest> | 'refused' {
  try {
    return readContainerRequest(body, setting);
  } catch (cause) {
    if (cause instanceof Refusal) return 'refused';
    throw cause;
  }
}

describe('the body of POST /containers/create', () => {
  test('is put into the terms of docker.start', () => {
    const { args, network, removal } = readContainerRequest(
      {
        Image: 'alpine:3',
        Cmd: ['ls'],
        Env: ['A=1', 'B=x=y'],
        User: '5',
        WorkingDir: '/srv',
        Labels: { 'com.docker.compose.project': 'app' },
        Healthcheck: { Test: ['CMD', 'true'], Interval: 1_500_000_000, Timeout: 0, Retries: 3 },
        Volumes: { '/data': {}, '/other': {} },
        HostConfig: {
          Binds: ['/work/space/src:/src:ro,z', 'data:/data'],
          PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '8080' }] },
          Memory: 1024 ** 3,
          MemorySwap: 1024 ** 3,
          NanoCpus: 1_500_000_000,
          PidsLimit: 20,
          AutoRemove: true,
          ReadonlyRootfs: true,
          NetworkMode: 'back',
          CapDrop: ['ALL'],
        },
        NetworkingConfig: { EndpointsConfig: { back: { Aliases: ['web'], IPAMConfig: {} } } },
      },
      setting,
    );
    expect(args).toEqual({
      image: 'alpine:3',
      pull: 'never',
      command: ['ls'],
      env: { A: '1', B: 'x=y' },
      user: '5',
      workdir: '/srv',
      under: 'compose',
      healthcheck: { test: ['CMD', 'true'], interval_ms: 1500, retries: 3 },
      mounts: [
        { path: 'src', target: '/src', access: 'read' },
        { volume: 'data', target: '/data', access: 'write' },
        { volume: 'anonymous-1', target: '/other', access: 'write' },
      ],
      ports: [{ container: 80, host: 8080 }],
      limits: { memory_bytes: 1024 ** 3, cpus: 1.5, processes: 20 },
      root: 'read',
    });
    expect({ network, removal }).toEqual({
      network: { kind: 'named', name: 'back', aliases: ['web'] },
      removal: 'by itself',
    });
  });

  test.each([
    '/work',
    '/work/spaces',
    '/work/space/../x',
    '/work/space/./x',
    '/work/space//x',
    '/',
    'Up',
    '.',
    '..',
    'a/b',
  ])('mounts not %s', (source) => {
    expect(read({ Image: 'a', HostConfig: { Binds: [`${source}:/x`] } })).toBe('refused');
  });

  test.each<[string, JsonObject]>([
    ['a test of another kind', { Test: ['sh', '-c', 'true'] }],
    ['a field that it does not know', { Test: ['CMD', 'true'], Command: 'x' }],
    ['a time that is none', { Interval: 'often' }],
    ['what newer daemons alone know', { StartInterval: 1_000_000_000 }],
  ])('has no health check with %s', (_what, check) => {
    expect(read({ Image: 'a', Healthcheck: check })).toBe('refused');
  });

  test('has no field that is passed over, whatever it is called', () => {
    const property = fc.property(
      fc.stringMatching(/^[A-Za-z]{1,20}$/u),
      fc.jsonValue({ maxDepth: 2 }),
      (key, value) => {
        // What fast-check makes is JSON.
        const plain = read({ Image: 'a' });
        const found = [
          read({ Image: 'a', [key]: value as JsonObject }),
          read({ Image: 'a', HostConfig: { [key]: value as JsonObject } }),
        ];
        const saysNothing = JSON.stringify(value).replaceAll(/[{}[\],:\s]|null|false|0|""/gu, '') === '';
        // What says something changes what is made, or is refused.
        return saysNothing || found.every((one) => !isDeepStrictEqual(one, plain));
      },
    );
    expect(fc.check(property).failed).toBe(false);
  });
});
