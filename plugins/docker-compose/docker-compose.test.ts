import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { problemsOf, remotePartsOf, servicesOf } from './check.ts';
import { checkInputs, type Inputs, millisecondsIn } from './inputs.ts';
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

const setting = { root: '/work/mein projekt', builds: false };
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
  ])('has a problem with %s in a service', (line) => {
    const key = line.split(':')[0] ?? '';
    expect(problemsOf(readModel(inService(line), 'blocks'), setting)).toEqual([expect.stringContaining(`on.${key}: `)]);
  });

  it.each<[string, Mapping]>([
    ['another driver of a volume', { volumes: { data: { driver: 'nfs' } } }],
    ['options of a volume', { volumes: { data: { driver_opts: { type: 'none', o: 'bind', device: '/' } } } }],
    ['a network of the machine', { networks: { lan: { driver: 'macvlan' } } }],
    [
      'reserved devices',
      { services: { a: { deploy: { resources: { reservations: { devices: [{ driver: 'nvidia' }] } } } } } },
    ],
  ])('has a problem with %s', (_what, model) => expect(problemsOf(model, setting)).toHaveLength(1));

  it.each<[string, Mapping | string]>([
    ['a remote context', 'https://example.com/x.git'],
    ['a context elsewhere', { context: '/etc' }],
    ['the network of the machine', { context: '/work/mein projekt', network: 'host' }],
    ['an SSH agent', { context: '/work/mein projekt', ssh: ['default'] }],
    ['privileges', { context: '/work/mein projekt', privileged: true }],
  ])('is not built with %s', (_what, build) => {
    const model = { services: { a: { build } } };
    expect(problemsOf(model, { ...setting, builds: true })).toHaveLength(1);
    expect(problemsOf(model, setting)).toEqual([]);
  });

  it.each<[string, readonly string[]]>([
    ['include: [oci://registry.example/x:1]', ['oci://registry.example/x:1']],
    ['include:\n  - https://github.com/acme/x.git#main\nservices: {}', ['https://github.com/acme/x.git#main']],
    ['include:\n- path: git@github.com:acme/x.git', ['git@github.com:acme/x.git']],
    ['services:\n  a:\n    extends: { file: "https://example.com/x.yml", service: a }', ['https://example.com/x.yml']],
    ['include: [other.yml] # not https://example.com', []],
    ['services:\n  a:\n    environment: { URL: https://example.com }', []],
  ])('which is %j fetches %j', (text, found) => expect(remotePartsOf(text)).toEqual(found));
});

const inputs = (given: Partial<Inputs>): Inputs => ({
  operation: 'up',
  client: 'auto',
  build: false,
  wait: true,
  file: 'docker-compose.yml',
  'project-name': 'app',
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
