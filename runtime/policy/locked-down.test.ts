import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { dockerOperations } from '../capabilities/docker/rule.ts';
import { authorize } from '../grants/authorize.ts';
import { testGrant } from '../grants/testing/grant.ts';

test('the policy that locks down lets no program beyond the workspace, whatever an approved plugin requests', () => {
  const program = { command: 'curl', args: 'any', egress: ['example.com:443'] };
  const grant = testGrant({
    manifest: {
      exec: [program],
      docker: [{ images: ['*'], operations: [...dockerOperations], user: 'any', mounts: ['volume'] }],
    },
    policy: readFileSync(new URL('../../policies/locked-down.yaml', import.meta.url), 'utf8'),
    origin: 'approved',
  });
  const exec = authorize(grant, { capability: 'exec', operation: 'run', args: { command: 'curl' } });
  expect(exec).toMatchObject({ kind: 'allowed', authorized: { effective: { profile: 'workspace' } } });
  const { authorized } = exec as Extract<typeof exec, { kind: 'allowed' }>; // As was expected just now.
  const connection = { call: authorized.args, endpoint: { host: 'example.com', port: 443 } };
  expect(authorized.recheck(connection)).toMatchObject({
    kind: 'denied',
    denial: { rule: expect.stringContaining('deny') },
  });
  for (const [operation, args] of [
    ['run', { image: 'busybox' }],
    ['pull', { image: 'busybox' }],
    ['create_volume', { name: 'cache' }],
    ['login', { registry: 'registry.example.com', username: 'u', password: 'p' }],
    ['logs', { container: 'a'.repeat(64) }],
  ] as const) {
    expect(authorize(grant, { capability: 'docker', operation, args })).toMatchObject({ kind: 'denied' });
  }
});
