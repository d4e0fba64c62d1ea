/** docker-compose@v1: what its check refuses early is what the socket denies, and with a real Compose. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { deniedDeployments, deniedKeys } from '../../plugins/docker-compose/denied-keys.ts';
import { idleHostFields } from '../../runtime/capabilities/docker/proxy/idle-fields.ts';
import {
  clientGrant,
  clientScope,
  runClient,
  usualEntry,
} from '../../runtime/capabilities/docker/proxy/testing/client.ts';
import { importTestImage, testImage } from '../../runtime/capabilities/docker/testing/images.ts';
import { composeClients } from './testing/compose-world.ts';

/** The key by which a service asks for a field of HostConfig; undefined where Compose has none. */
const keyOf: Readonly<Record<string, string | undefined>> = {
  Privileged: 'privileged',
  CapAdd: 'cap_add',
  Devices: 'devices',
  DeviceCgroupRules: 'device_cgroup_rules',
  DeviceRequests: 'gpus',
  GroupAdd: 'group_add',
  PidMode: 'pid',
  UTSMode: 'uts',
  UsernsMode: 'userns_mode',
  CgroupParent: 'cgroup_parent',
  Cgroup: undefined,
  Sysctls: 'sysctls',
  Runtime: 'runtime',
  StorageOpt: 'storage_opt',
  VolumesFrom: 'volumes_from',
  Links: 'links',
  Dns: 'dns',
  DnsOptions: 'dns_opt',
  DnsSearch: 'dns_search',
  ExtraHosts: 'extra_hosts',
  Annotations: 'annotations',
  ContainerIDFile: undefined,
  PublishAllPorts: undefined,
  ShmSize: 'shm_size',
  OomScoreAdj: 'oom_score_adj',
  OomKillDisable: 'oom_kill_disable',
  Ulimits: 'ulimits',
  CpuShares: 'cpu_shares',
  CpuPeriod: 'cpu_period',
  CpuQuota: 'cpu_quota',
  CpuRealtimePeriod: 'cpu_rt_period',
  CpuRealtimeRuntime: 'cpu_rt_runtime',
  CpusetCpus: 'cpuset',
  CpusetMems: undefined,
  CpuCount: 'cpu_count',
  CpuPercent: 'cpu_percent',
  IOMaximumIOps: undefined,
  IOMaximumBandwidth: undefined,
  KernelMemory: undefined,
  KernelMemoryTCP: undefined,
  MemoryReservation: 'mem_reservation',
  BlkioWeight: 'blkio_config',
  BlkioWeightDevice: 'blkio_config',
  BlkioDeviceReadBps: 'blkio_config',
  BlkioDeviceWriteBps: 'blkio_config',
  BlkioDeviceReadIOps: 'blkio_config',
  BlkioDeviceWriteIOps: 'blkio_config',
};

/** How a service asks for each, in YAML's flow style. */
const asking: Readonly<Record<string, string>> = {
  privileged: 'true',
  network_mode: 'host',
  pid: 'host',
  ipc: 'host',
  uts: 'host',
  cgroup: 'host',
  userns_mode: 'host',
  devices: '["/dev/null:/dev/null"]',
  device_cgroup_rules: '["c 1:3 r"]',
  gpus: 'all',
  cap_add: '[SYS_ADMIN]',
  security_opt: '["seccomp:unconfined"]',
  cgroup_parent: 'x',
  group_add: '["4242"]',
  sysctls: '{ net.core.somaxconn: "1024" }',
  runtime: 'runc',
  platform: 'linux/amd64',
  isolation: 'process',
  annotations: '{ a: b }',
  volumes_from: '[other]',
  tmpfs: '["/x:size=1m"]',
  storage_opt: '{ size: 1G }',
  restart: 'always',
  stop_signal: 'SIGINT',
  stop_grace_period: '1m',
  hostname: 'x',
  domainname: 'x.example',
  links: '[other]',
  external_links: '[other]',
  mac_address: '"02:42:ac:11:65:43"',
  dns: '9.9.9.9',
  dns_opt: '["ndots:1"]',
  dns_search: 'example.com',
  extra_hosts: '["x:10.0.0.1"]',
  tty: 'true',
  'logging.driver': 'syslog',
  'logging.options': '{ max-size: 1m }',
  ulimits: '{ nofile: 1024 }',
  shm_size: '64m',
  blkio_config: '{ weight: 300 }',
  cpuset: '"0"',
  cpu_shares: '73',
  cpu_count: '1',
  cpu_percent: '50',
  cpu_period: '50000',
  cpu_quota: '50000',
  cpu_rt_period: '1400',
  cpu_rt_runtime: '400',
  mem_reservation: '64m',
  mem_swappiness: '60',
  oom_score_adj: '500',
  oom_kill_disable: 'true',
  use_api_socket: 'true',
  'deploy.resources.reservations.memory': '64m',
  'deploy.restart_policy.condition': 'any',
  'deploy.restart_policy.max_attempts': '3',
};
/** Of these Compose makes something else than a field, or it is only version 1, or one with a newer Docker, that makes one of them. */
const notFields: readonly string[] = [
  'healthcheck.start_interval',
  'volume_driver',
  'credential_spec',
  'secrets',
  'configs',
  'provider',
  'models',
  'post_start',
  'pre_stop',
  'deploy.resources.reservations.devices',
];

const [client] = await composeClients();

describe('the keys that are refused early', () => {
  it('have every field of a container that the socket has no word for', () => {
    expect(idleHostFields.filter((field) => !Object.hasOwn(keyOf, field))).toEqual([]);
    const keys = idleHostFields.flatMap((field) => keyOf[field] ?? []);
    expect(keys.filter((key) => deniedKeys[key] === undefined)).toEqual([]);
  });

  it('are those that are tried here', () => {
    const all = Object.keys({ ...deniedKeys, ...deniedDeployments });
    expect([...Object.keys(asking), ...notFields].toSorted()).toEqual(all.toSorted());
  });
});

describe.runIf(client === 'plugin')('docker compose', () => {
  beforeAll(() => {
    importTestImage();
  });

  it('is denied each of them by the socket', { timeout: 600_000 }, async () => {
    await using scope = clientScope('compose-keys');
    const grant = clientGrant([{ ...usualEntry, operations: ['compose', 'pull'] }]);
    const fileOf = (line: string): string =>
      `services:\n  other: { image: "${testImage}", command: sleep 600 }\n  web: { image: "${testImage}", command: sleep 600, depends_on: [other], ${line} }\n`;
    const nested = (key: string, value: string): string =>
      key
        .split('.')
        .reduceRight((inner, part, at, parts) => `${part}: ${at === parts.length - 1 ? inner : `{ ${inner} }`}`, value);
    for (const [key, value] of Object.entries(asking)) {
      writeFileSync(join(scope.workspace, `${key}.yml`), fileOf(nested(key, value)));
    }
    writeFileSync(join(scope.workspace, 'nothing.yml'), fileOf('labels: { a: b }'));
    const script = `for file in *.yml; do
      if docker compose -p app -f "$file" up -d > log 2>&1; then echo "$file: allowed"
      elif ! grep -q denied log; then echo "$file: $(tail -n 1 log)"; fi
    done`;
    const { stdout } = await runClient(script, { scope, grant });
    expect(stdout.trim().split('\n')).toEqual(['nothing.yml: allowed']);
    await scope.endRun();
  });
});
