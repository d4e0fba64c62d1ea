import { expect, test } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../../schemas/index.ts';
import { type ContainerSpec, containerBody } from './container-body.ts';
import { defaultLimits } from './rule.ts';

const spec: ContainerSpec = {
  image_id: `sha256:${'a'.repeat(64)}`,
  args: { image: 'alpine' },
  environment: ['A=1'],
  user: '1000:1000',
  labels: {},
  mounts: [],
  network: undefined,
  aliases: [],
  limits: { ...defaultLimits, memory_bytes: 64 * 1024 ** 2, processes: 10 },
  processors: 2,
  life: 'attached',
  stdin: 'none',
};

function hostConfig(changes: Partial<ContainerSpec> = {}): JsonObject {
  const config = containerBody({ ...spec, ...changes })['HostConfig'];
  if (!isJsonObject(config)) throw new TypeError('no HostConfig');
  return config;
}

test('a container has no privileges, whatever a call says', () => {
  // What a guest could send, were the schema of the arguments not there.
  const hostile = {
    image: 'alpine',
    Privileged: true,
    HostConfig: { Privileged: true },
    CapAdd: ['ALL'],
    Binds: ['/:/host'],
    name: 'x',
    network: 'none',
  } as ContainerSpec['args'];
  const body = containerBody({ ...spec, args: hostile });
  expect(JSON.stringify(body)).not.toContain('/host');
  expect(body['HostConfig']).toMatchObject({
    Privileged: false,
    CapAdd: [],
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    Devices: [],
    DeviceRequests: [],
    Binds: [],
    VolumesFrom: [],
    PidMode: '',
    UTSMode: '',
    UsernsMode: '',
    IpcMode: 'private',
    NetworkMode: 'none',
    CgroupParent: '',
    Sysctls: {},
    GroupAdd: [],
    OomScoreAdj: 0,
    Init: true,
    RestartPolicy: { Name: 'no' },
    PublishAllPorts: false,
  });
});

test('the limits hold, without swap beside the memory', () => {
  expect(hostConfig()).toMatchObject({ Memory: 67_108_864, MemorySwap: 67_108_864, PidsLimit: 10, NanoCpus: 2e9 });
  expect(hostConfig({ limits: { ...defaultLimits, cpu_millis: 500 } })).toMatchObject({ NanoCpus: 5e8 });
});

test('ports are published on 127.0.0.1 only', () => {
  const args = { image: 'alpine', ports: [{ container: 80, host: 8080 }] };
  expect(hostConfig({ args })['PortBindings']).toEqual({ '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }] });
});

test('several ports of the machine lead to one port of a container', () => {
  const args = { image: 'alpine', ports: [8080, 8081].map((host) => ({ container: 80, host })) };
  expect(hostConfig({ args })['PortBindings']).toEqual({
    '80/tcp': [
      { HostIp: '127.0.0.1', HostPort: '8080' },
      { HostIp: '127.0.0.1', HostPort: '8081' },
    ],
  });
});

test('the daemon copies nothing into the workspace', () => {
  const mounts = [
    { volume: 'v1', target: '/a', access: 'write', of: 'workspace', labels: { a: '1' } },
    { volume: 'v2', target: '/b', access: 'read', of: 'run', labels: {} },
  ] as const;
  expect(hostConfig({ mounts })['Mounts']).toEqual([
    {
      Type: 'volume',
      Source: 'v1',
      Target: '/a',
      ReadOnly: false,
      VolumeOptions: { NoCopy: true, Labels: { a: '1' } },
    },
    { Type: 'volume', Source: 'v2', Target: '/b', ReadOnly: true, VolumeOptions: { NoCopy: false, Labels: {} } },
  ]);
});

test('folders in memory hold no programs, devices or set-user bits', () => {
  const tmpfs = hostConfig({ args: { image: 'alpine', tmpfs: ['/tmp'] } })['Tmpfs'];
  const options: Json | undefined = isJsonObject(tmpfs) ? tmpfs['/tmp'] : undefined;
  expect(options).toMatch(/nosuid,nodev,noexec.*size=/u);
});

test('a log that the daemon keeps is bounded, and one that is attached to is kept nowhere', () => {
  expect(hostConfig()['LogConfig']).toEqual({ Type: 'none', Config: {} });
  expect(hostConfig({ life: 'detached' })['LogConfig']).toMatchObject({ Config: { 'max-size': '16m' } });
});
