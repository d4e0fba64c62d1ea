import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../schemas/index.ts';
import { type ContainerUses, checkDocker, type DockerDemand, deniesDocker } from './demand.ts';
import { type ImageName, parseImageName } from './image-name.ts';
import { type DockerRule, parseDockerEntry } from './rule.ts';

function rule(entry: JsonObject): DockerRule {
  const parsed = parseDockerEntry({ images: ['alpine:*'], operations: ['run'], ...entry });
  if ('problem' in parsed) throw new TypeError(parsed.problem);
  return parsed.rule;
}

function image(text = 'alpine:3'): ImageName {
  const parsed = parseImageName(text);
  if ('problem' in parsed) throw new TypeError(parsed.problem);
  return parsed.image;
}

function container(uses: Partial<ContainerUses> = {}, name?: string): DockerDemand {
  return {
    kind: 'container',
    operation: 'run',
    image: image(name),
    uses: { network: 'none', mounts: [], ports: [], user: 'workspace', writes_workspace: false, limits: {}, ...uses },
  };
}

function allows(entry: JsonObject, demand: DockerDemand): boolean {
  return checkDocker(rule(entry), demand).matches;
}

describe('a container', () => {
  test('needs its image and `run`', () => {
    expect(allows({}, container())).toBe(true);
    expect(allows({}, container({}, 'nginx'))).toBe(false);
    expect(allows({ operations: ['pull', 'exec', 'logs'] }, container())).toBe(false);
  });

  test.each<[string, JsonObject, Partial<ContainerUses>]>([
    ['the network of its run', { network: 'run' }, { network: 'run' }],
    ['the network of the machine', { network: 'bridge' }, { network: 'bridge' }],
    ['a folder of the workspace', { mounts: 'workspace' }, { mounts: ['workspace'] }],
    ['a volume', { mounts: ['volume'] }, { mounts: ['volume'] }],
    ['a port', { network: 'bridge', ports: [8080] }, { network: 'bridge', ports: [8080] }],
    ['another user', { user: 'any' }, { user: 'other' }],
    ['more memory than usual', { limits: { memory: '4GiB' } }, { limits: { memory_bytes: 4 * 1024 ** 3 } }],
    ['more processes than usual', { limits: { processes: 1000 } }, { limits: { processes: 1000 } }],
    ['more time than usual', { limits: { time: '7h' } }, { limits: { time_ms: 7 * 3_600_000 } }],
  ])('needs a rule that says so for %s', (_what, entry, uses) => {
    expect(allows(entry, container(uses))).toBe(true);
    expect(allows({}, container(uses))).toBe(false);
  });

  test('as another user never writes to the workspace, whatever a rule says', () => {
    const entry = { user: 'any', mounts: ['workspace'] };
    const uses = { user: 'other', mounts: ['workspace'] } as const;
    expect(allows(entry, container({ ...uses, writes_workspace: false }))).toBe(true);
    expect(allows(entry, container({ ...uses, writes_workspace: true }))).toBe(false);
  });

  test('that may reach the machine may reach its run too', () => {
    expect(allows({ network: 'bridge' }, container({ network: 'run' }))).toBe(true);
    expect(allows({ network: 'run' }, container({ network: 'bridge' }))).toBe(false);
  });
});

test('what is built upon may be pulled or built by the rule; what is made must be named for `build`', () => {
  const base: DockerDemand = { kind: 'base', image: image() };
  const tag: DockerDemand = { kind: 'image', operation: 'build', image: image() };
  expect(allows({ operations: ['pull'] }, base)).toBe(true);
  expect(allows({ operations: ['run'] }, base)).toBe(false);
  expect(allows({ operations: ['pull'] }, tag)).toBe(false);
  expect(allows({ operations: ['build'] }, tag)).toBe(true);
});

test('credentials go to the registries of the images only', () => {
  const entry = { operations: ['login'], images: ['ghcr.io/acme/*:*'] };
  expect(allows(entry, { kind: 'registry', registry: 'ghcr.io' })).toBe(true);
  expect(allows(entry, { kind: 'registry', registry: 'evil.com' })).toBe(false);
});

test('a build needs its network and its limits', () => {
  const build: DockerDemand = { kind: 'build', network: 'bridge', limits: {} };
  expect(allows({ operations: ['build'] }, build)).toBe(false);
  expect(allows({ operations: ['build'], network: 'bridge' }, build)).toBe(true);
  expect(allows({ operations: ['build'] }, { kind: 'build', network: 'none', limits: { memory_bytes: 2 ** 40 } })).toBe(
    false,
  );
});

describe('a deny rule', () => {
  const denies = (entry: JsonObject, demand: DockerDemand): boolean => deniesDocker(rule(entry), demand);

  test('takes its images with whatever they use', () => {
    expect(denies({}, container({ network: 'bridge', mounts: ['workspace'] }))).toBe(true);
    expect(denies({ limits: { memory: '64MiB' } }, container())).toBe(true);
    expect(denies({}, container({}, 'nginx'))).toBe(false);
    expect(denies({ operations: ['push'] }, container())).toBe(false);
  });

  test('that names a network takes that and wider ones', () => {
    expect(denies({ images: ['*'], network: 'run' }, container({ network: 'bridge' }))).toBe(true);
    expect(denies({ images: ['*'], network: 'run' }, container({ network: 'none' }))).toBe(false);
  });

  test.each<[string, JsonObject, Partial<ContainerUses>]>([
    ['mounts', { mounts: 'workspace' }, { mounts: ['workspace'] }],
    ['ports', { network: 'bridge', ports: [80] }, { ports: [80] }],
    ['users', { user: 'any' }, { user: 'other' }],
  ])('takes %s', (_what, entry, uses) => {
    expect(denies(entry, container(uses))).toBe(true);
  });

  test('about some images waits until the image is known', () => {
    const exec: DockerDemand = { kind: 'operation', operation: 'exec' };
    expect(denies({ operations: ['exec'] }, exec)).toBe(false);
    expect(denies({ operations: ['exec'], images: ['*'] }, exec)).toBe(true);
  });

  test('about a base takes it, by `build`', () => {
    expect(denies({ operations: ['build'] }, { kind: 'base', image: image() })).toBe(true);
  });
});
