import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { Json, JsonObject } from '../../../schemas/index.ts';
import { authorize } from '../../grants/authorize.ts';
import { computeGrant } from '../../grants/compute-grant.ts';
import { callUnder, type TestGrant, testGrant, testGrantRequest } from '../../grants/testing/grant.ts';
import { makeTestScope } from '../testing/call.ts';
import { importTestImage, testImage } from './testing/images.ts';

const works = await needs('docker');
const alpine = { images: ['alpine:*'], operations: ['run', 'build', 'pull'] };

beforeAll(() => works && importTestImage());

/** Writes out all that the tests below ask for. */
const policy = [
  'version: 1',
  'rules:',
  '  - plugin: "*"',
  '    allow: { docker: [{ images: ["*"], operations: [run, build, pull], network: bridge, mounts: [workspace] }] }',
].join('\n');

/** What the grant says to a call: `allowed`, or the denial's message. */
function says(test: TestGrant, operation: string, args: JsonObject): string {
  const answer = authorize(testGrant(test), { capability: 'docker', operation, args });
  switch (answer.kind) {
    case 'allowed':
      return 'allowed';
    case 'denied':
      return answer.denial.message;
    default:
      return answer.message;
  }
}

describe('a grant', () => {
  test('allows what every layer allows, and names the layer that refuses', () => {
    const manifest = { docker: [{ ...alpine, network: 'bridge', mounts: ['workspace'] }] };
    const container = { image: 'alpine:3', network: 'bridge' };
    expect(says({ manifest, policy }, 'run', container)).toBe('allowed');
    // Who allows what is requested has not named the machine's network.
    expect(says({ manifest }, 'run', container)).toContain('its `network` is `run`');
    const workflow = { docker: [{ images: ['alpine:3'], operations: ['run'], network: 'run' }] };
    expect(says({ manifest, workflow }, 'run', { image: 'alpine:3', network: 'run' })).toBe('allowed');
    expect(says({ manifest, policy, workflow }, 'run', container)).toContain('its `network` is `run`');
    expect(says({ manifest, workflow }, 'run', { image: 'alpine:4' })).toContain('`docker.io/library/alpine:3`');
    expect(says({ manifest, workflow }, 'pull', { image: 'alpine:3' })).toContain('it allows run');
    expect(says({ manifest: {} }, 'run', { image: 'alpine' })).toContain('it no docker');
  });

  test('is cut by a policy that denies', () => {
    const manifest = { docker: [{ images: ['*'], operations: ['run', 'pull', 'build'], network: 'bridge' }] };
    const denying = [
      policy,
      '  - { plugin: "*", deny: { docker: [{ images: ["*"], operations: [run, build], network: bridge }] } }',
      '  - { plugin: "*", deny: { docker: [{ images: ["evil.example.com/*:*"], operations: [run, pull, build] }] } }',
    ].join('\n');
    const grant = { manifest, policy: denying };
    expect(says(grant, 'run', { image: 'alpine' })).toBe('allowed');
    expect(says(grant, 'run', { image: 'alpine', network: 'run' })).toBe('allowed');
    expect(says(grant, 'run', { image: 'alpine', network: 'bridge' })).toContain('the policy forbids it');
    expect(says(grant, 'build', { tag: 'app:1', network: 'bridge' })).toContain('the policy forbids it');
    expect(says(grant, 'run', { image: 'evil.example.com/a:1' })).toContain('the policy forbids it');
    expect(says(grant, 'build', { tag: 'evil.example.com/a:1' })).toContain('the policy forbids it');
  });

  test.each([
    ['run', { image: 'Bad:Image:x' }],
    ['start', { image: 'UPPER/case' }],
    ['pull', { image: 'a//b' }],
    ['push', { image: 'alpine@sha256:12' }],
    ['build', { tag: 'app:a b' }],
  ])('is not asked about %s with a name that is none', (operation, args) => {
    const manifest = { docker: [{ images: ['*'], operations: ['run', 'pull', 'push', 'build'] }] };
    expect(authorize(testGrant({ manifest }), { capability: 'docker', operation, args })).toMatchObject({
      kind: 'invalid',
      code: 'INVALID_ARGUMENTS',
      message: expect.stringMatching(/not an image: .* Name it as/u),
    });
  });

  test('is never wider for an input', () => {
    const manifest = { docker: [{ images: ['ghcr.io/acme/app:${{ inputs.tag }}'], operations: ['run'] }] };
    const given = (tag: Json): TestGrant => ({ manifest, inputs: { tag } });
    expect(says(given('v1'), 'run', { image: 'ghcr.io/acme/app:v1' })).toBe('allowed');
    expect(says(given('v1'), 'run', { image: 'ghcr.io/acme/app:v2' })).not.toBe('allowed');
    for (const tag of ['*', 'v*', 'v1@sha256:x', 'v1/../x', 'v1:x', '', 'v1\n']) {
      expect(computeGrant(testGrantRequest(given(tag)))).toHaveProperty('error');
    }
  });

  test('refuses what is no image before anything is done for it', async () => {
    const grant = testGrant({ manifest: { docker: [{ images: ['*'], operations: ['run'] }] } });
    await using scope = makeTestScope();
    for (const image of ['Alpine', 'alpine:*', 'a b', 'alpine@sha256:0']) {
      const call = callUnder(grant, 'docker.run', { args: { image }, scope });
      await expect(call).rejects.toMatchObject({ code: expect.stringMatching(/INVALID_ARGUMENTS|FAILED/u) });
    }
  });
});

describe.runIf(works)('a plugin with a grant', () => {
  const docker = [{ images: [testImage], operations: ['run'], mounts: ['workspace'] }];
  const args = {
    image: testImage,
    command: ['cat', '/src/a'],
    mounts: [{ path: 'src', target: '/src' }],
    stdout: 'capture',
  };

  test.each<[string, TestGrant['manifest'], string]>([
    ['has what fs lets it read', { docker, fs: [{ read: 'src/**' }] }, 'content'],
    ['has no more than fs lets it read', { docker, fs: [{ read: 'src/a' }] }, 'src/**'],
    ['has no more than one level of it', { docker, fs: [{ read: 'src/*' }] }, 'src/**'],
    ['has nothing without fs', { docker }, 'src/**'],
  ])('%s', async (_what, manifest, expected) => {
    await using scope = makeTestScope();
    mkdirSync(join(scope.workspace, 'src'));
    writeFileSync(join(scope.workspace, 'src', 'a'), 'content');
    const running = callUnder(testGrant({ manifest }), 'docker.run', { args, scope });
    const said = await running.then(JSON.stringify, String);
    expect(said).toContain(expected);
    await scope.endRun();
  });
});
