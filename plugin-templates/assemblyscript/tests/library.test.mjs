import assert from 'node:assert/strict';
import { test } from 'node:test';
import asc from 'assemblyscript/asc';
import { runPlugin } from './host.mjs';

/** The module of library.ts, by the compiler that builds the plugin. */
async function compiled() {
  let bytes;
  // Optimizing takes most of a build, and is for what is shipped.
  const settings = ['--config', 'asconfig.json', '--optimizeLevel', '0'];
  const { error } = await asc.main(['assembly/tests/library.ts', ...settings, '--outFile', 'library.wasm'], {
    baseDir: new URL('..', import.meta.url).pathname,
    stderr: process.stderr,
    writeFile: (_, contents) => {
      bytes = contents;
    },
  });
  assert.ifError(error);
  return new WebAssembly.Module(bytes);
}

const answers = {
  'docker.run': { ok: { exit_code: 7, image: 'sha256:1', digests: [] } },
  'store.saved': { ok: [{ key: 'k' }] },
  'net.request': { error: { code: 'TIMEOUT', message: 'late' } },
};

test('the library sends what is set and reads what is answered', async () => {
  const answer = ({ capability, operation }) => answers[`${capability}.${operation}`] ?? { ok: null };
  const { outputs, calls } = runPlugin({ host: 'example.org' }, answer, await compiled());
  assert.deepEqual(outputs, { ran: 7, image: 'sha256:1', there: false, kept: 1, failed: 'TIMEOUT' });
  const sent = calls.map(({ capability, operation, args }) => [`${capability}.${operation}`, args]);
  const there = { host: 'example.org', user: 'deploy' };
  assert.deepEqual(sent, [
    [
      'docker.run',
      {
        image: 'alpine',
        command: ['true'],
        env: { A: 'b' },
        mounts: [{ path: 'out', target: '/out', access: 'write' }],
        limits: { cpus: 0.5 },
        stdout: 'capture',
      },
    ],
    ['ssh.upload', { ...there, from: 'site', to: 'www', mode: 0o644 }],
    ['ssh.stat', { ...there, path: 'www' }],
    [
      'mail.send',
      {
        host: 'mx.example.org',
        from: { address: 'a@example.org' },
        to: [{ address: 'b@example.org', name: 'B' }],
        subject: 'Hi',
      },
    ],
    ['store.save', { key: 'k', from: 'deps', replace: false }],
    ['store.saved', {}],
    ['fs.unpack', { from: 'a.tar', to: 'a', strip: 1 }],
    ['store.set', { key: 'k', value: 1, ttl_ms: 1000 }],
    ['exec.run', { command: 'git', args: ['status'], stdout: 'capture', stderr: 'capture' }],
    ['net.request', { url: 'https://a/', body: { base64: 'AA==' }, redirects: 0 }],
  ]);
});
