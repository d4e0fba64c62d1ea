import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../schemas/index.ts';
import { checkSchema } from '../../documents/schema-check.ts';
import {
  allowedDockerSecrets,
  type DockerRule,
  defaultLimits,
  dockerEntrySchema,
  explainDocker,
  narrowDocker,
  parseDockerEntry,
  quoteDocker,
  requestedDocker,
} from './rule.ts';

function rule(entry: JsonObject): DockerRule {
  const parsed = parseDockerEntry({ images: ['alpine'], operations: ['run'], ...entry });
  if ('problem' in parsed) throw new TypeError(parsed.problem);
  return parsed.rule;
}

describe('an entry', () => {
  test('that leaves a key out allows the least', () => {
    expect(rule({})).toMatchObject({ network: 'none', mounts: [], ports: [], user: 'workspace', secrets: [] });
    expect(rule({}).limits).toEqual(defaultLimits);
  });

  test.each<[string, JsonObject]>([
    ['a limit that is no size', { limits: { memory: 'much' } }],
    ['less memory than Docker takes', { limits: { memory: '1MiB' } }],
    ['a time that is none', { limits: { time: 'later' } }],
    ['a time beyond what timers hold', { limits: { time: '600h' } }],
    ['a secret of no name', { secrets: ['a-b'] }],
    ['ports without a network that has any', { ports: [80], network: 'run' }],
    ['an image that is none', { images: ['a b'] }],
  ])('with %s is an error', (_what, entry) => {
    expect(parseDockerEntry({ images: ['alpine'], operations: ['run'], ...entry })).toHaveProperty('problem');
  });

  test.each<[string, JsonObject]>([
    ['privileges', { privileged: true }],
    ['devices', { devices: ['/dev/kvm'] }],
    ['capabilities', { cap_add: ['SYS_ADMIN'] }],
    ["the host's network", { network: 'host' }],
    ['a folder of the host', { mounts: ['/etc'] }],
    ['an unknown operation', { operations: ['commit'] }],
    ['no operation', { operations: [] }],
    ['port 0', { ports: [0] }],
  ])('can not ask for %s', (_what, entry) => {
    const whole = { images: ['alpine'], operations: ['run'], ...entry };
    expect(checkSchema(dockerEntrySchema, whole)).not.toEqual([]);
  });
});

test('of several rules the least of each limit holds', () => {
  const rules = [
    rule({ limits: { memory: '1GiB', processes: 10 }, secrets: ['A', 'B'] }),
    rule({ limits: { memory: '64MiB', cpus: 0.5, time: '1m' }, secrets: ['*'] }),
  ];
  const effective = narrowDocker(rules);
  expect(effective.limits).toEqual({ memory_bytes: 64 * 1024 ** 2, cpu_millis: 500, processes: 10, time_ms: 60_000 });
  expect(allowedDockerSecrets(effective, ['A', 'C'])).toEqual(['A']);
});

test.each([
  [['network'], 'bridge'],
  [['user'], 'any'],
  [['mounts', '0'], 'workspace'],
  [['operations', '0'], 'push'],
  [['secrets', '0'], '*'],
  [['secrets', '0'], 'A B'],
  [['images'], 'alpine'],
  [['limits', 'cpus'], '4'],
])('an expression gives no %j', (path, text) => {
  expect(quoteDocker(text, path)).toHaveProperty('problem');
});

test("the machine's network is not among what is merely requested", () => {
  const entry = { images: ['alpine'], operations: ['run'], network: 'bridge', ports: [80] };
  expect(requestedDocker(entry)).toEqual({ images: ['alpine'], operations: ['run'], network: 'run' });
  expect(requestedDocker({ ...entry, network: 'none' })).toHaveProperty('network', 'none');
});

test('says in a sentence what a rule allows', () => {
  const text = explainDocker(rule({ network: 'bridge', mounts: 'workspace', secrets: ['TOKEN'], ports: [8080] }));
  expect(text).toContain('docker run with `docker.io/library/alpine:latest`');
  expect(text).toContain('private addresses');
  expect(text).toContain('127.0.0.1 on 8080');
  expect(text).toContain('the secrets TOKEN');
});
