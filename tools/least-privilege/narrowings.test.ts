import { join } from 'node:path';
import { expect, it } from 'vitest';
import { narrowingsOf } from './narrowings.ts';
import { testsOf } from './run-tests.ts';

it('leaves out every entry, every further property, and every item of a list', () => {
  const permissions = {
    net: [{ url: 'https://example.com/', methods: ['GET', 'POST'], secrets: ['*'], private: true, reason: 'asks' }],
    fs: [{ read: 'a/**', write: 'b/**' }, { read: 'c' }],
  };
  const narrowings = narrowingsOf(permissions);
  expect(narrowings.map(({ what }) => what)).toEqual([
    'net[0]',
    'net[0].methods',
    'net[0].methods[0]',
    'net[0].methods[1]',
    'net[0].secrets',
    'net[0].private',
    'fs[0]',
    'fs[0].read',
    'fs[0].write',
    'fs[1]',
    'fs[1].read',
  ]);
  const without = Object.fromEntries(narrowings.map(({ what, permissions: rest }) => [what, rest]));
  expect(without['net[0]']).toEqual({ fs: permissions.fs });
  expect(without['net[0].methods[0]']).toEqual({ ...permissions, net: [{ ...permissions.net[0], methods: ['POST'] }] });
  expect(without['fs[0].read']).toEqual({ ...permissions, fs: [{ write: 'b/**' }, { read: 'c' }] });
});

it('leaves out arguments that may be left out, and no others', () => {
  const args = ['fetch', { type: 'ref', optional: true }, '--'];
  const narrowings = narrowingsOf({ exec: [{ command: 'git', args, env: ['A', 'B'] }] });
  expect(narrowings.map(({ what }) => what)).toEqual([
    'exec[0]',
    'exec[0].args[1]',
    'exec[0].env',
    'exec[0].env[0]',
    'exec[0].env[1]',
  ]);
  expect(narrowings[1]?.permissions).toEqual({
    exec: [{ command: 'git', args: ['fetch', '--'], env: ['A', 'B'] }],
  });
});

it('looks into groups of arguments, at values, repetitions and the profile of the host', () => {
  const group = [{ enum: ['--all', '--quiet'] }, { group: ['--tail', { type: 'integer' }], optional: true }];
  const narrowings = narrowingsOf({ exec: [{ command: 'docker', args: [{ group, repeat: true }], profile: 'host' }] });
  expect(narrowings.map(({ what }) => what)).toEqual([
    'exec[0]',
    'exec[0].args[0].repeat',
    'exec[0].args[0].group[0].enum[0]',
    'exec[0].args[0].group[0].enum[1]',
    'exec[0].args[0].group[1]',
    'exec[0].profile',
  ]);
  expect(narrowings.at(-2)?.permissions).toEqual({
    exec: [{ command: 'docker', args: [{ group: [{ enum: ['--all', '--quiet'] }], repeat: true }], profile: 'host' }],
  });
});

it("knows a node's tests from those of one whose name begins alike", () => {
  const root = join(import.meta.dirname, '../..');
  const tests = testsOf('docker', root);
  expect(tests).toContain('agent/built-in/docker-images.test.ts');
  expect(tests).not.toContain('agent/built-in/docker-compose.test.ts');
  expect(testsOf('docker-compose', root)).toContain('agent/built-in/docker-compose.test.ts');
});
