/** docker-compose@v1: what a step may do is what its operation takes, whatever its code would try. */
import { describe, expect, it } from 'vitest';
import { require } from '../../runtime/capabilities/docker/image.ts';
import { parseImageName } from '../../runtime/capabilities/docker/image-name.ts';
import type { ExecEffective } from '../../runtime/capabilities/exec/rule.ts';
import { authorize, type Grant } from '../../runtime/grants/index.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { grantsOfNode } from './testing/manifest-grants.ts';

const image = 'waterflow.test/app:1';
const base = 'base.test/base:1';

const grants = grantsOfNode('docker-compose');
const grantOf = (inputs: JsonObject, policy?: string): Grant => grants({ images: [image], ...inputs }, policy);

type Answer = ReturnType<typeof authorize>;

const isAllowed = (grant: Grant, capability: string, operation: string, args: JsonObject): boolean => {
  const answer = authorize(grant, { capability, operation, args });
  expect(answer.kind).toMatch(/^(?:allowed|denied)$/);
  return answer.kind === 'allowed';
};

const container = 'a'.repeat(64);
/** What the requests of Compose come to, as host calls. */
const requests: Readonly<Record<string, readonly [string, JsonObject]>> = {
  start: ['start', { image, under: 'compose', pull: 'never', network: 'run' }],
  exec: ['exec', { container, command: ['true'] }],
  logs: ['logs', { container }],
  pull: ['pull', { image }],
  build: ['build', { tag: image, network: 'run' }],
  login: ['login', { registry: 'waterflow.test', username: 'me', password: 'x' }],
  'pull of the base': ['pull', { image: base }],
  'login for the base': ['login', { registry: 'base.test', username: 'me', password: 'x' }],
};

describe("a step's Docker socket", () => {
  it.each<[JsonObject, readonly string[]]>([
    [{ operation: 'up' }, ['start', 'logs', 'pull']],
    [{ operation: 'up', wait: false }, ['start', 'pull']],
    [{ operation: 'up', build: true }, ['start', 'logs', 'pull', 'build']],
    [{ operation: 'up', password: 'x' }, ['start', 'logs', 'pull', 'login']],
    [{ operation: 'down' }, ['start']],
    [{ operation: 'ps' }, ['start']],
    [{ operation: 'logs' }, ['start', 'logs']],
    [{ operation: 'exec', service: 'web', command: ['true'] }, ['start', 'exec']],
    [{ operation: 'exec', service: 'web', command: ['true'], user: 'any' }, ['start', 'exec']],
    [{ operation: 'exec', service: 'web', command: ['true'], network: 'bridge' }, ['start', 'exec']],
    [{ operation: 'pull' }, ['pull']],
    [{ operation: 'build' }, ['build']],
    [{ operation: 'build', 'base-images': [base] }, ['build', 'pull of the base']],
    [{ operation: 'build', 'base-images': [base], password: 'x' }, ['build', 'pull of the base', 'login for the base']],
    [
      { operation: 'up', build: true, 'base-images': [base], password: 'x' },
      ['start', 'logs', 'pull', 'build', 'login', 'pull of the base', 'login for the base'],
    ],
    [{ operation: 'pull', 'base-images': [base], password: 'x' }, ['pull', 'login']],
    [{ operation: 'config' }, []],
    // Their inputs are refused by the node, and give its code nothing.
    [{ operation: 'ps', build: true, password: 'x' }, ['start']],
  ])('with %j is for these alone: %j', (inputs, expected) => {
    const grant = grantOf(inputs);
    const found = Object.entries(requests).filter(([, [operation, args]]) =>
      isAllowed(grant, 'docker', operation, args),
    );
    expect(found.map(([name]) => name)).toEqual(expected);
  });
});

const ports = [18_080, 18_081, 18_082, 18_083];
/** Of an operator who writes the machine's network out. */
const wide = `version: 1
rules:
  - plugin: "*"
    allow:
      docker: [{ images: ["*"], operations: [compose, exec, build], network: bridge, user: any, mounts: [workspace, volume], ports: [${ports.join(', ')}] }]
      fs: [{ read: "**" }]
`;

describe.each(['workspace', 'any'])('a container of user: %s', (user) => {
  const as = user === 'any' ? { user: '4242' } : {};
  const mounts = [
    { path: 'm', target: '/m', access: 'read' },
    { volume: 'data', target: '/data' },
  ];
  const published = ports.map((host) => ({ container: 80, host }));

  it.each<[JsonObject, JsonObject]>([
    [{ network: 'run' }, { network: 'run' }],
    [{ network: 'bridge' }, { network: 'bridge' }],
    [
      { network: 'bridge', ports },
      { network: 'bridge', ports: published },
    ],
  ])('where the step says %j has its folder, volume, network and ports', (inputs, args) => {
    const start = { image, under: 'compose', pull: 'never', mounts, ...as, ...args };
    const given = { user, mounts: [{ path: 'm' }], ...inputs };
    expect(isAllowed(grantOf(given, wide), 'docker', 'start', start)).toBe(true);
    const others = { user: user === 'any' ? 'workspace' : 'any', network: 'run' };
    expect(isAllowed(grantOf({ ...given, ...others, ports: null }, wide), 'docker', 'start', start)).toBe(
      user === 'workspace' && args['network'] === 'run',
    );
  });

  it.each(['run', 'bridge'] as const)('in the network %s runs a program', (network) => {
    const given = { operation: 'exec', service: 'web', command: ['true'], user, network };
    const call = { capability: 'docker', operation: 'exec', args: { container, command: ['true'] } };
    const answer = authorize(grantOf(given, wide), call);
    const named = parseImageName(image);
    if (answer.kind !== 'allowed' || !('image' in named)) throw new TypeError(answer.kind);
    const uses = {
      network,
      mounts: ['workspace', 'volume'],
      ports: [],
      user: user === 'any' ? 'other' : 'workspace',
      writes_workspace: false,
      limits: {},
    } as const;
    // What the socket asks of it. It is docker's own call.
    const authorized = answer.authorized as Parameters<typeof require>[0];
    expect(() => require(authorized, { kind: 'container', operation: 'exec', image: named.image, uses })).not.toThrow();
  });

  it.each(['run', 'bridge'])('is built in the network %s', (network) => {
    const given = { operation: 'build', user, network };
    expect(isAllowed(grantOf(given, wide), 'docker', 'build', { tag: image, network })).toBe(true);
    expect(isAllowed(grantOf({ ...given, network: 'run' }, wide), 'docker', 'build', { tag: image, network })).toBe(
      network === 'run',
    );
  });
});

describe('the workspace', () => {
  it('is looked at by what reads the file', () => {
    const operations = ['up', 'down', 'build', 'pull', 'ps', 'logs', 'exec', 'config'];
    const reading = operations.filter((operation) =>
      isAllowed(grantOf({ operation }), 'fs', 'read', { path: 'docker-compose.yml' }),
    );
    const finding = operations.filter((operation) =>
      isAllowed(grantOf({ operation }), 'exec', 'run', { command: 'realpath', args: ['.'] }),
    );
    expect([reading, finding]).toEqual([
      ['up', 'build', 'config'],
      ['up', 'build', 'config'],
    ]);
  });

  it.each([0, 1, 2, 3])('is shown to services as far as mounts[%i] says', (index) => {
    const grant = (access: string, operation = 'up'): Grant => {
      const mounts = ['a', 'b', 'c', 'd'].map((path, at) => ({ path, access: at === index ? access : 'read' }));
      return grantOf({ mounts, operation });
    };
    const path = ['a', 'b', 'c', 'd'][index] ?? '';
    expect(isAllowed(grant('read'), 'fs', 'read', { path: `${path}/x` })).toBe(true);
    expect(isAllowed(grant('read'), 'fs', 'write', { path: `${path}/x`, content: '' })).toBe(false);
    expect(isAllowed(grant('write'), 'fs', 'write', { path: `${path}/x`, content: '' })).toBe(true);
    expect(isAllowed(grant('write'), 'fs', 'read', { path: 'e/x' })).toBe(false);
    expect(isAllowed(grant('write', 'exec'), 'fs', 'read', { path: `${path}/x` })).toBe(false);
    expect(isAllowed(grant('write', 'exec'), 'fs', 'write', { path: `${path}/x`, content: '' })).toBe(false);
  });
});

const up = ['up', '--detach', '--no-color', '--no-build', '--quiet-pull'];
const app = ['--file', 'docker-compose.yml', '--project-name', 'app'];

describe.each([
  ['plugin', 'docker', ['compose', '--ansi', 'never']],
  ['standalone', 'docker-compose', ['--ansi', 'never']],
])('Compose by client: %s', (client, command, prefix) => {
  const ask = (inputs: JsonObject, args: readonly string[]): Answer => {
    const call = { command, args: [...prefix, ...args], env: { A: 'b' } };
    return authorize(grantOf({ client, ...inputs }), { capability: 'exec', operation: 'run', args: call });
  };
  const runs = (inputs: JsonObject, args: readonly string[]): boolean => ask(inputs, args).kind === 'allowed';

  it.each<[JsonObject, readonly string[]]>([
    [{ operation: 'down' }, ['down', '--volumes']],
    [{ operation: 'down' }, ['down', '--remove-orphans']],
    [{ operation: 'down' }, ['down', '--remove-orphans', '--volumes']],
    [{ operation: 'down', volumes: true }, ['down', '--volumes', '--remove-orphans']],
    [{ operation: 'up', volumes: true }, ['down', '--volumes']],
    [{ operation: 'up' }, ['down']],
    [{ operation: 'up' }, [...up, '--scale', 'web=2']],
    [{ operation: 'up', scale: { web: 2 } }, [...up, '--scale', 'web=51']],
    [{ operation: 'up', scale: { web: 2 } }, [...up, '--scale', 'web=-1']],
    [{ operation: 'ps', scale: { web: 2 } }, [...up, '--scale', 'web=2']],
    [{ operation: 'up' }, [...up, 'web']],
    [{ operation: 'up', services: ['web'] }, [...up, 'db']],
    [{ operation: 'up', services: ['web'] }, up],
    [{ operation: 'up' }, ['rm', '--stop', '--force', '--volumes']],
    [{ operation: 'down' }, ['rm', '--stop', '--force']],
    [{ operation: 'up' }, ['build']],
    [{ operation: 'pull', services: ['web'] }, ['pull', '--quiet', 'db']],
    [{ operation: 'up', wait: false }, ['logs', '--no-color']],
    [{ operation: 'logs' }, ['exec', '-T', '--', 'web', 'true']],
    [{ operation: 'logs' }, ['logs', '--no-color', 'web']],
    [{ operation: 'logs', tail: 3 }, ['logs', '--no-color', '--tail=4']],
    [{ operation: 'up' }, ['logs', '--no-color']],
    [{ operation: 'ps' }, ['ps', '--all', '--quiet']],
    [{ operation: 'exec', service: 'web', command: ['a'] }, ['exec', '-T', '--', 'db', 'a']],
  ])('with %j may not %j', (inputs, args) => expect(runs(inputs, [...app, ...args])).toBe(false));

  it.each<[JsonObject, readonly string[]]>([
    [{ operation: 'down' }, ['down']],
    [{ operation: 'down', volumes: true }, ['down', '--volumes']],
    [{ operation: 'up' }, up],
    [{ operation: 'up', scale: { web: 2, db: 50 } }, [...up, '--scale', 'web=2', '--scale', 'db=50']],
    [{ operation: 'up', scale: { web: 0 }, services: ['web'] }, [...up, '--scale', 'web=0', 'web']],
    [{ operation: 'up', scale: {} }, up],
    [{ operation: 'up', services: ['web', 'db'] }, [...up, 'web', 'db']],
    [{ operation: 'up' }, ['rm', '--stop', '--force', 'web', 'db']],
    [{ operation: 'up' }, ['ps', '--all', '--quiet']],
    [{ operation: 'up' }, ['ps', '--all', '--quiet', 'web']],
    [{ operation: 'up' }, ['logs', '--no-color', '--tail=50', 'web']],
    [{ operation: 'up', build: true }, ['build']],
    [{ operation: 'build', services: ['web'] }, ['build', 'web']],
    [{ operation: 'pull', services: ['web', 'db'] }, ['pull', '--quiet', 'web', 'db']],
    [{ operation: 'logs', services: ['web', 'db'], tail: 3 }, ['logs', '--no-color', '--tail=3', 'web', 'db']],
    [{ operation: 'logs' }, ['logs', '--no-color']],
    [{ operation: 'config' }, ['config']],
    [{ operation: 'config' }, ['config', '--format', 'json']],
    [{ operation: 'ps' }, ['ps']],
    [{ operation: 'exec', service: 'web', command: ['ls', '-l'] }, ['exec', '-T', '--', 'web', 'ls', '-l']],
  ])('with %j may %j, and only up has secrets', (inputs, args) => {
    const answers = [
      ask(inputs, [...app, ...args]),
      ask({ ...inputs, 'env-file': 'my env' }, [...app, '--env-file', 'my env', ...args]),
    ];
    const secrets = answers.map(({ kind, ...more }) => {
      const authorized = 'authorized' in more ? more.authorized : undefined;
      // The answer of exec's own rules.
      const effective = authorized?.effective as Pick<ExecEffective, 'secrets'> | undefined;
      return { kind, any: effective?.secrets.every((names) => names.includes('*')) };
    });
    const expected = { kind: 'allowed', any: args[0] === 'up' };
    expect(secrets).toEqual([expected, expected]);
  });

  it('is asked for its version, unless the other one is wanted', () => {
    const args = [...prefix.slice(0, -2), 'version', '--short'];
    const versions = ['auto', 'plugin', 'standalone'].map((wanted) =>
      isAllowed(grantOf({ client: wanted }), 'exec', 'run', { command, args }),
    );
    expect(versions).toEqual([true, client === 'plugin', client === 'standalone']);
  });

  it.each([
    [{}, 'app', true],
    [{}, 'app-0123abcd', true],
    [{}, 'app-0123abcd0', false],
    [{}, 'other', false],
    [{ 'project-name': 'other' }, 'other', true],
    [{ 'project-name': 'other' }, 'app', false],
    [{ 'project-name': 'a.c' }, 'abc', false],
  ])('with %j about the project %s: %j', (inputs, project, expected) => {
    const args = ['--file', 'docker-compose.yml', '--project-name', project, 'ps'];
    expect(runs({ operation: 'ps', ...inputs }, args)).toBe(expected);
  });
});
