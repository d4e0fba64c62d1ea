/** docker@v1: what a step may do is what its inputs name, whatever its code would try. */
import { describe, expect, it } from 'vitest';
import { require } from '../../runtime/capabilities/docker/image.ts';
import { parseImageName } from '../../runtime/capabilities/docker/image-name.ts';
import type { DockerEffective } from '../../runtime/capabilities/docker/rule.ts';
import { type Authorized, authorize, type Grant } from '../../runtime/grants/index.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { grantsOfNode } from './testing/manifest-grants.ts';

const image = 'waterflow.test/app:1';
const container = 'a'.repeat(64);
const ports = [18_080, 18_081, 18_082, 18_083];
/** Of an operator who writes the machine's network out. */
const wide = `version: 1
rules:
  - plugin: "*"
    allow:
      docker: [{ images: ["*"], operations: [run, exec, build, pull, push, login, logs], network: bridge, user: any, mounts: [workspace, volume], ports: [${ports.join(', ')}], secrets: ["*"] }]
      fs: [{ read: "**" }, { write: "**" }]
`;
const grants = grantsOfNode('docker');
const grantOf = (inputs: JsonObject): Grant => grants({ image, ...inputs }, wide);

/** What is allowed of docker's own calls, `undefined` where they are refused. */
function allowed(grant: Grant, operation: string, args: JsonObject) {
  const answer = authorize(grant, { capability: 'docker', operation, args });
  expect(answer).toHaveProperty('kind', expect.stringMatching(/^(?:allowed|denied)$/));
  // It is docker's own call.
  return answer.kind === 'allowed' ? (answer.authorized as Authorized<unknown, DockerEffective>) : undefined;
}
const hasSecrets = (given: { readonly effective: DockerEffective } | undefined): boolean | undefined =>
  given?.effective.secrets.every((names) => names.includes('*'));

/** What a step can ask for its container, from the least to the most. */
const reaches: readonly (readonly [string, JsonObject, JsonObject])[] = [
  ['nothing', { network: 'none' }, { network: 'none' }],
  ['its run', { network: 'run' }, { network: 'run' }],
  ['the machine', { network: 'bridge' }, { network: 'bridge' }],
  [
    'the machine, which reaches it',
    { network: 'bridge', ports: ports.map((host) => ({ container: 80, host })) },
    { network: 'bridge', ports: ports.map((host) => ({ container: 80, host })) },
  ],
];

describe.each(['the owner', 'another user'])('a container as %s', (who) => {
  const as: JsonObject = who === 'the owner' ? {} : { user: '4242' };
  const mounts = [
    { path: 'm', target: '/m', access: 'read' },
    { volume: 'data', target: '/data' },
  ];
  const call = (args: JsonObject): JsonObject => ({ image, pull: 'never', mounts, ...as, ...args });
  const inputs = (more: JsonObject): JsonObject => ({ mounts: [{ path: 'm', target: '/m' }], ...as, ...more });

  it.each(reaches)('that reaches %s has its folder, its volume and secrets', (_what, asked, args) => {
    expect(hasSecrets(allowed(grantOf(inputs(asked)), 'start', call(args)))).toBe(true);
  });

  it.each(reaches.slice(1).map(([what, , args], index) => [what, reaches[index]?.[1] ?? {}, args] as const))(
    'reaches %s only where the step says so',
    (_what, less, args) => {
      expect(allowed(grantOf(inputs(less)), 'start', call(args))).toBeUndefined();
    },
  );

  it('runs as nobody else', () => {
    const other = who === 'the owner' ? { user: '4242' } : { user: null };
    const given = grantOf({ ...inputs({}), ...other });
    const own = allowed(given, 'start', call({ network: 'none' }));
    // What may be anybody may be the owner, too; the other way round it may not.
    expect(own === undefined).toBe(who === 'another user');
  });
});

describe('a program in a container', () => {
  it('has what the container has, and secrets', () => {
    const given = allowed(grantOf({ operation: 'exec', container }), 'exec', { container, command: ['true'] });
    const named = parseImageName(image);
    if (given === undefined || !('image' in named)) throw new TypeError('refused');
    const uses = {
      network: 'bridge',
      mounts: ['workspace', 'volume'],
      ports: [],
      user: 'other',
      writes_workspace: false,
      limits: {},
    } as const;
    expect(() => require(given, { kind: 'container', operation: 'exec', image: named.image, uses })).not.toThrow();
    expect(hasSecrets(given)).toBe(true);
  });

  it('is run by a step that says exec alone', () => {
    for (const operation of ['run', 'logs', 'wait', 'remove', 'build', 'pull', 'push', 'login']) {
      const given = grantOf({ operation, container });
      expect(allowed(given, 'exec', { container, command: ['true'] })).toBeUndefined();
    }
  });
});

describe('an image', () => {
  it.each(['none', 'run', 'bridge'])('is built in the network %s where the step says so', (network) => {
    const wanted = { tag: image, context: '.', network };
    expect(allowed(grantOf({ operation: 'build', network }), 'build', wanted)).toBeDefined();
    const less = grantOf({ operation: 'build', network: 'none' });
    expect(allowed(less, 'build', wanted) !== undefined).toBe(network === 'none');
  });
});

describe('secrets', () => {
  it('go to the registry of an image that is built upon, where there is a password, and to no other', () => {
    const given = { operation: 'build', 'base-images': ['base.test/base:1'] };
    const login = (registry: string) => ({ registry, username: 'me', password: 'x' });
    const withPassword = grantOf({ ...given, password: 'x' });
    expect(hasSecrets(allowed(withPassword, 'login', login('base.test')))).toBe(true);
    expect(allowed(withPassword, 'login', login('waterflow.test'))).toBeUndefined();
    expect(allowed(grantOf(given), 'login', login('base.test'))).toBeUndefined();
  });

  it('of a container may have come into what it wrote', () => {
    expect(hasSecrets(allowed(grantOf({ operation: 'logs', container }), 'logs', { container }))).toBe(true);
  });
});

describe('the workspace', () => {
  it.each([0, 1, 2, 3])('is shown to a container as far as mounts[%i] says', (index) => {
    const grant = (access: string): Grant => {
      const mounts = ['a', 'b', 'c', 'd'].map((path, at) => ({
        path,
        target: `/${path}`,
        access: at === index ? access : 'read',
      }));
      return grantOf({ mounts });
    };
    const path = ['a', 'b', 'c', 'd'][index] ?? '';
    const may = (access: string, operation: string, args: JsonObject): boolean =>
      authorize(grant(access), { capability: 'fs', operation, args }).kind === 'allowed';
    expect(may('read', 'read', { path: `${path}/x` })).toBe(true);
    expect(may('read', 'write', { path: `${path}/x`, content: '' })).toBe(false);
    expect(may('write', 'write', { path: `${path}/x`, content: '' })).toBe(true);
    expect(may('write', 'read', { path: 'e/x' })).toBe(false);
  });
});
