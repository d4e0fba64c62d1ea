import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemsOf, servicesOf } from './check.ts';
import { deniedInBuilds, deniedKeys } from './denied-keys.ts';
import { checkInputs, type Inputs, millisecondsIn, projectOf } from './inputs.ts';
import { type Mapping, readModel } from './model.ts';

/** As docker-compose 1.29.2 prints it. */
const plain = `networks:
  back: {}
services:
  'on':
    image: waterflow.test/busybox:1
    privileged: false
    restart: 'no'
  web-1:
    command:
    - sh
    - -c
    - "privileged: true\\n  devices:\\n\\
      \\    pid: host"
    - - nested
    - key: value
      other: '1'
    environment:
      pid: host
      LONG: 'it''s long and goes on,
        indented further'
    labels:
      restart: always
    volumes:
    - data:/data:rw
    - /work/mein
      projekt/ü:/src:ro
version: '3.4'
volumes:
  data: {}
  privileged: {}
`;

const setting = { root: '/work/mein projekt', builds: false, deploys: true };
/** The file with a line, in the place of what its first service says of the same key. */
const inService = (line: string): string => {
  const others = plain.replace(new RegExp(`^    ${line.split(':')[0] ?? ''}:.*\n`, 'm'), '');
  return others.replace('    image:', `    ${line}\n    image:`);
};

describe('what docker-compose 1.29 prints', () => {
  it('is read with what goes on in further lines', () => {
    expect(readModel(plain, 'blocks')).toEqual({
      networks: { back: {} },
      services: {
        on: { image: 'waterflow.test/busybox:1', privileged: 'false', restart: 'no' },
        'web-1': {
          command: [
            'sh',
            '-c',
            'privileged: true\n  devices:\n    pid: host',
            ['nested'],
            { key: 'value', other: '1' },
          ],
          environment: { pid: 'host', LONG: "it's long and goes on, indented further" },
          labels: { restart: 'always' },
          volumes: ['data:/data:rw', '/work/mein projekt/ü:/src:ro'],
        },
      },
      version: '3.4',
      volumes: { data: {}, privileged: {} },
    });
  });

  it('ends to be read, whatever it is', () => {
    const lines = fc.array(fc.stringMatching(/^ {0,4}(- |['"a]|: ?|\{\}|\\|#){0,4}$/), { maxLength: 12 });
    const property = fc.property(lines, (given) => typeof readModel(given.join('\n'), 'blocks') === 'object');
    expect(fc.check(property).failed).toBe(false);
  });
});

describe('a Compose file', () => {
  it('has services by name', () => {
    expect(servicesOf(readModel(plain, 'blocks'))).toEqual(['on', 'web-1']);
    expect(servicesOf(readModel('version: "3"\n', 'blocks'))).toEqual([]);
  });

  it('is without problems where its words only stand in other places', () => {
    expect(problemsOf(readModel(plain, 'blocks'), setting)).toEqual([]);
  });

  it.each([
    'privileged: true',
    'network_mode: host',
    'network_mode: service:web-1',
    'pid: host',
    'ipc: host',
    'uts: host',
    'cgroup: host',
    'devices:\n    - /dev/kmsg:/dev/kmsg',
    'gpus: all',
    'cap_add:\n    - SYS_ADMIN',
    'security_opt:\n    - seccomp:unconfined',
    'restart: always',
    'restart: unless-stopped',
    'use_api_socket: true',
    'secrets:\n    - source: a',
    'provider:\n      type: x',
    'post_start:\n    - command: x',
    'pre_stop:\n    - command: x',
    'volumes:\n    - /etc:/x:rw',
    'volumes:\n    - /var/run/docker.sock:/x',
    'volumes:\n    - /work/mein projekt/../x:/x',
    'volumes:\n    - /work/mein projekte:/x',
    'volumes:\n    - source: /\n      target: /x\n      type: bind',
    'volumes:\n    - source: x\n      target: /x\n      type: npipe',
    'volumes:\n    - tmpfs:\n        size: 1000\n      target: /x\n      type: tmpfs',
    'ulimits:\n      nofile: 1024',
    'dns: 9.9.9.9',
    'dns_search:\n    - example.com',
    'dns_opt:\n    - ndots:1',
    'shm_size: 64m',
    'stop_signal: SIGINT',
    'stop_grace_period: 1m',
    'oom_score_adj: -500',
    'storage_opt:\n      size: 1G',
    'blkio_config:\n      weight: 300',
    'cpuset: 0,1',
    'cpu_shares: 73',
    'memswap_limit: 2g',
    'mem_reservation: 1g',
    'links:\n    - web-1',
    'tmpfs: /x:size=1m',
    'tmpfs:\n    - /x\n    - /y:mode=755',
    'networks:\n      back:\n        ipv4_address: 10.0.0.2',
  ])('has a problem with %s in a service', (line) => {
    const key = line.split(':')[0] ?? '';
    expect(problemsOf(readModel(inService(line), 'blocks'), setting)).toEqual([
      expect.stringMatching(new RegExp(`^on\\.${key}[.:]`)),
    ]);
  });

  it.each([
    'stop_signal: SIGTERM',
    'shm_size: 0',
    'logging:\n      driver: json-file',
    'tmpfs:\n    - /x\n    - /y:rw',
    'mem_limit: 1g\n    memswap_limit: 1g',
    'mem_swappiness: -1',
    'networks:\n      back:\n        aliases:\n        - other',
  ])('has none with %s in a service', (line) => {
    expect(problemsOf(readModel(inService(line), 'blocks'), setting)).toEqual([]);
  });

  it.each<[string, Mapping]>([
    ['logging.driver', { logging: { driver: 'syslog' } }],
    ['logging.options', { logging: { driver: 'local', options: { 'max-size': '1m' } } }],
    ['healthcheck.start_interval', { healthcheck: { test: ['CMD', 'true'], start_interval: '1s' } }],
  ])('has a problem with %s of a service', (key, service) => {
    expect(problemsOf({ services: { a: service } }, setting)).toEqual([expect.stringContaining(`a.${key}: `)]);
  });

  it.each<[string, Mapping]>([
    ['resources.reservations.devices', { resources: { reservations: { devices: [{ driver: 'nvidia' }] } } }],
    ['resources.reservations.memory', { resources: { reservations: { memory: '1073741824' } } }],
    ['restart_policy.condition', { restart_policy: { condition: 'on-failure' } }],
    ['restart_policy.max_attempts', { restart_policy: { condition: 'none', max_attempts: 3 } }],
  ])('has a problem with deploy.%s where Compose goes by it', (key, deploy) => {
    const model = { services: { a: { deploy } } };
    expect(problemsOf(model, setting)).toEqual([expect.stringContaining(`a.deploy.${key}: `)]);
    expect(problemsOf(model, { ...setting, deploys: false })).toEqual([]);
  });

  it.each<[string, Mapping]>([
    ['another driver of a volume', { volumes: { data: { driver: 'nfs' } } }],
    ['options of a volume', { volumes: { data: { driver_opts: { type: 'none', o: 'bind', device: '/' } } } }],
    ['a network of the machine', { networks: { lan: { driver: 'macvlan' } } }],
    ['addresses of a network', { networks: { lan: { ipam: { config: [{ subnet: '10.0.0.0/24' }] } } } }],
  ])('has a problem with %s', (_what, model) => expect(problemsOf(model, setting)).toHaveLength(1));

  it.each<[string, Mapping | string]>([
    ['a remote context', 'https://example.com/x.git'],
    ['a context elsewhere', { context: '/etc' }],
    ['the network of the machine', { context: '/work/mein projekt', network: 'host' }],
    ['an SSH agent', { context: '/work/mein projekt', ssh: ['default'] }],
    ['privileges', { context: '/work/mein projekt', privileged: true }],
    ['limits of its own', { context: '/work/mein projekt', ulimits: { nofile: 1024 } }],
  ])('is not built with %s', (_what, build) => {
    const model = { services: { a: { build } } };
    expect(problemsOf(model, { ...setting, builds: true })).toHaveLength(1);
    expect(problemsOf(model, setting)).toEqual([]);
  });
});

const inputs = (given: Partial<Inputs>): Inputs => ({
  operation: 'up',
  client: 'auto',
  build: false,
  wait: true,
  file: 'docker-compose.yml',
  images: ['alpine:3'],
  network: 'run',
  volumes: false,
  capture: false,
  ...given,
});

describe('the inputs of a step', () => {
  it.each<Partial<Inputs>>([
    {},
    { services: ['web'], scale: { web: 2 }, file: 'mein projekt/ü.yml', 'env-file': '.env.test' },
    { operation: 'exec', service: 'web', command: ['true'], capture: true },
    { operation: 'down', volumes: true },
    { operation: 'logs', tail: 3 },
    { build: true, 'base-images': ['a:1'], 'wait-timeout': '1m30s' },
    { operation: 'pull', registry: 'ghcr.io', username: 'me', password: 'wf-secret-1' },
  ])('may be %j', (given) => expect(() => checkInputs(inputs(given))).not.toThrow());

  it.each<[Partial<Inputs>, string]>([
    [{ file: '/etc/passwd' }, 'no path within the workspace'],
    [{ file: '-' }, 'no path within the workspace'],
    [{ file: 'a/../../x.yml' }, 'no path within the workspace'],
    [{ 'env-file': '--x' }, 'no path within the workspace'],
    [{ operation: 'down', scale: { web: 2 } }, "scale: operation down doesn't use it"],
    [{ capture: true }, "capture: operation up doesn't use it"],
    [{ operation: 'exec', command: ['true'] }, 'exec needs service and command'],
    [{ ports: [80] }, 'ports need network: bridge'],
    [{ 'base-images': ['a:1'] }, 'nothing is built'],
    [{ operation: 'pull', build: true }, "build: operation pull doesn't use it"],
    [{ operation: 'ps', wait: false }, "wait: operation ps doesn't use it"],
    [{ wait: false, 'wait-timeout': '1s' }, 'nothing is waited for'],
    [{ registry: 'ghcr.io' }, 'they are not given'],
    [{ username: 'me', password: 'x' }, 'say where the password is for'],
    [{ username: 'me', registry: 'ghcr.io' }, 'given together'],
  ])('may not be %j', (given, message) => expect(() => checkInputs(inputs(given))).toThrow(message));
});

describe('the project', () => {
  it.each<[Partial<Inputs>, string]>([
    [{}, 'app'],
    [{ file: './docker-compose.yml' }, 'app'],
    [{ file: 'b.yml', 'project-name': 'mine' }, 'mine'],
    [{ 'project-name': 'mine' }, 'mine'],
  ])('of %j is %s', (given, project) => expect(projectOf(inputs(given))).toBe(project));

  it("is a file's own where the step names none", () => {
    const files = ['a.yml', 'b.yml', 'a/docker-compose.yml', 'mein projekt/ü.yml', 'mein projekt/ä.yml'];
    const projects = files.map((file) => projectOf(inputs({ file })));
    expect(new Set(projects).size).toBe(files.length);
    for (const project of projects) expect(project).toMatch(/^app-[0-9a-f]{8}$/);
    expect(projectOf(inputs({ file: './a//./b.yml' }))).toBe(projectOf(inputs({ file: 'a/b.yml' })));
  });
});

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['1h30m', 5_400_000],
  ])('%s is %i ms', (text, milliseconds) => expect(millisecondsIn('x', text)).toBe(milliseconds));

  it.each(['', '0s', '5', '5 m', '-1s', '1d', 'PT5M'])('%j is none', (text) => {
    expect(() => millisecondsIn('x', text)).toThrow('is no duration');
  });
});

describe('the known limits', () => {
  it('name every key that is refused', () => {
    const page = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8');
    const limits = page.slice(page.indexOf('## Known limits'));
    const keys = [...Object.keys(deniedKeys), ...deniedInBuilds];
    expect(keys.filter((key) => !limits.includes(`\`${key}\``))).toEqual([]);
  });
});
