import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { Json, JsonObject } from '../../../schemas/index.ts';
import { callUnder, type TestGrant, testGrant } from '../../grants/testing/grant.ts';
import { makeTestScope } from '../testing/call.ts';
import { startSshd } from './testing/sshd.ts';

/** The operator's own words, which a private address needs. */
function policyOf(entry: JsonObject, more: JsonObject = {}): string {
  return JSON.stringify({ version: 1, rules: [{ plugin: '*', allow: { ssh: [entry], ...more } }] });
}

describe.skipIf(!(await needs('ssh')))('a grant of ssh', () => {
  test('is what manifest, policy and step agree on, and each of them can refuse', async () => {
    await using server = await startSshd();
    await using scope = makeTestScope({ secrets: { KEY: server.keys.client } });
    writeFileSync(join(scope.workspace, 'a'), 'content');
    const { read: _read, ...pushes } = server.entry;
    const requested = { ...pushes, 'host-key': '${{ inputs.pin }}', write: `${server.root}/**` };
    const files = { fs: [{ read: '**' }] };
    const grants: TestGrant = {
      manifest: { ssh: [requested], ...files },
      policy: policyOf(server.entry, files),
      inputs: { pin: server.fingerprint },
    };
    const host = { host: '127.0.0.1', port: server.port };
    const call = (more: Partial<TestGrant>, operation: `ssh.${string}`, args: JsonObject): Promise<Json> =>
      callUnder(testGrant({ ...grants, ...more }), operation, { args: { ...host, ...args }, scope });
    const upload = { from: 'a', to: join(server.root, 'a') };

    expect(await call({}, 'ssh.upload', upload)).toMatchObject({ files: 1, bytes: 7 });
    // The manifest asked for no way to read.
    await expect(call({}, 'ssh.download', { from: upload.to, to: 'b' })).rejects.toMatchObject({
      rule: expect.stringMatching(/manifest/),
    });
    const { fs: _fs, ...without } = grants.manifest;
    await expect(call({ manifest: without }, 'ssh.upload', upload)).rejects.toMatchObject({ code: 'DENIED' });
    const otherPin = { inputs: { pin: `SHA256:${'A'.repeat(43)}` } };
    await expect(call(otherPin, 'ssh.upload', upload)).rejects.toMatchObject({ rule: 'ssh: host keys are pinned' });
    const merelyRequested = 'version: 1\nrules: [{ plugin: "*", allow: requested }]';
    await expect(call({ policy: merelyRequested }, 'ssh.upload', upload)).rejects.toMatchObject({
      rule: 'ssh: private addresses',
    });
    const narrowed = { step: { ssh: [{ ...server.entry, write: '/srv/**' }], ...files } };
    await expect(call(narrowed, 'ssh.upload', upload)).rejects.toMatchObject({ rule: expect.stringMatching(/^step/) });
    const kept = { step: { ssh: [server.entry], ...files, secrets: [{ names: ['KEY'], to: ['net'] }] } };
    expect(() => testGrant({ ...grants, ...kept })).toThrow('KEY');
    const forbidden = {
      version: 1,
      rules: [
        { plugin: '*', allow: { ssh: [server.entry], ...files } },
        { plugin: '*', deny: { ssh: [{ host: '127.0.0.1', port: '*', write: `${server.root}/a` }] } },
      ],
    };
    await expect(call({ policy: JSON.stringify(forbidden) }, 'ssh.upload', upload)).rejects.toMatchObject({
      rule: expect.stringMatching(/deny/),
    });
  });
});
