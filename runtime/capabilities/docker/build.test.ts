import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import { makeTestScope, type TestScope } from '../testing/call.ts';
import { callsUnder, testDocker } from './testing/calls.ts';
import { docker, importTestImage, testImage } from './testing/images.ts';

const works = await needs('docker');
const capability = testDocker();
const entry = { images: [testImage, 'waterflow.test/built:*'], operations: ['build', 'run'] };
const tag = `waterflow.test/built:${process.pid}`;

beforeAll(() => works && importTestImage());
afterAll(() => works && docker('image', 'prune', '-f', '--filter', 'label=dev.waterflow.build'));

function runScope(name: string): TestScope {
  const scope = makeTestScope();
  return Object.assign(scope, { owner: { ...scope.owner, run: `build-test-${process.pid}-${name}` } });
}

function write(scope: TestScope, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(scope.workspace, path)), { recursive: true });
    writeFileSync(join(scope.workspace, path), content);
  }
}

/** Builds from files of the workspace, and prints what a program says in the image. */
async function built(
  scope: TestScope,
  files: Readonly<Record<string, string>>,
  more: JsonObject = {},
): Promise<unknown> {
  write(scope, files);
  const call = callsUnder(capability, { entry, scope });
  await call('build', { tag, ...more });
  const answer = await call('run', { image: tag, pull: 'never', stdout: 'capture' });
  docker('rmi', '-f', tag);
  return answer['stdout'];
}

describe.runIf(works)('an image', () => {
  test('is built from the workspace, by stages, with arguments', async () => {
    await using scope = runScope('stages');
    const dockerfile = [
      'ARG VERSION=none',
      `FROM waterflow.test/busybox:$VERSION AS base`,
      'ARG WHO=nobody',
      'COPY greetings/ /in',
      'RUN cat /in/hello > /out && \\',
      '    # a comment in between',
      '    echo "$WHO" >> /out',
      'FROM base AS unused',
      'RUN exit 1',
      'FROM base AS final',
      'CMD ["/bin/cat", "/out"]',
    ].join('\n');
    const files = { 'app/Dockerfile': dockerfile, 'app/greetings/hello': 'hello ' };
    const args = { VERSION: '1', WHO: 'world' };
    await expect(built(scope, files, { context: 'app', args })).rejects.toMatchObject({ code: 'FAILED' });
    const skipping = { ...files, 'app/Dockerfile': dockerfile.replace('RUN exit 1', 'RUN true') };
    expect(await built(scope, skipping, { context: 'app', args, target: 'FINAL' })).toBe('hello world\n');
    expect(scope.logged.stdout).toContain('Step 1/');
    await scope.endRun();
  });

  test('has only what its context has: no ignored files, none of the agent’s', async () => {
    await using scope = runScope('ignored');
    symlinkSync('/etc/passwd', join(scope.workspace, 'link'));
    const text = await built(scope, {
      Dockerfile: `FROM ${testImage}\nCOPY . /all\nCMD ["/bin/sh", "-c", "ls -A /all /all/docs; cat /all/link || true"]\n`,
      '.dockerignore': 'secret*\ndocs\n!docs/keep.md\n',
      'secret.txt': 'x',
      'docs/keep.md': 'x',
      'docs/other.md': 'x',
    });
    // The link is one of the image, where there is no such file.
    expect(text).toBe('/all:\nDockerfile\ndocs\nlink\n\n/all/docs:\nkeep.md\n');
    await scope.endRun();
  });

  test('reaches no network unless it is granted', async () => {
    await using scope = runScope('network');
    const text = await built(scope, {
      Dockerfile: `FROM ${testImage}\nRUN ip link > /links\nCMD ["/bin/cat", "/links"]\n`,
    });
    expect(text).toContain('lo:');
    expect(text).not.toContain('eth0');
    const call = callsUnder(capability, { entry, scope });
    await expect(call('build', { tag, network: 'bridge' })).rejects.toMatchObject({ code: 'DENIED' });
    await scope.endRun();
  });

  test('that fails to build leaves nothing', async () => {
    await using scope = runScope('fails');
    const running = built(scope, { Dockerfile: `FROM ${testImage}\nRUN echo one > /one\nRUN exit 7\n` });
    await expect(running).rejects.toMatchObject({ code: 'FAILED', message: expect.stringContaining('7') });
    await scope.endRun();
    expect(docker('images', '-q', '--filter', 'dangling=true', '--filter', 'label=dev.waterflow.build')).toBe('');
  });

  test('is given up when the time is over, with its container', async () => {
    await using scope = runScope('time');
    write(scope, { Dockerfile: `FROM ${testImage}\nRUN sleep 1000\n` });
    const call = callsUnder(capability, { entry, scope });
    await expect(call('build', { tag, timeout_ms: 1500 })).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect.poll(() => docker('ps', '-q', '--filter', 'label=dev.waterflow.build')).toBe('');
    await scope.endRun();
  });
});

describe.runIf(works)('a build is refused', () => {
  test.each<[string, Readonly<Record<string, string>>, JsonObject, RegExp]>([
    ['upon an image that is not granted', { Dockerfile: 'FROM nginx' }, {}, /DENIED/u],
    ['upon one by an argument', { Dockerfile: `ARG B=${testImage}\nFROM $B` }, { args: { B: 'nginx' } }, /DENIED/u],
    ['with a name that is not granted', { Dockerfile: `FROM ${testImage}` }, { tag: 'nginx:latest' }, /DENIED/u],
    [
      'with a digest for a name',
      { Dockerfile: `FROM ${testImage}` },
      { tag: `waterflow.test/built@sha256:${'a'.repeat(64)}` },
      /DENIED|INVALID/u,
    ],
    ['that fetches a URL', { Dockerfile: `FROM ${testImage}\nADD http://127.0.0.1/x /x` }, {}, /DENIED/u],
    ['without a Dockerfile', {}, {}, /NOT_FOUND/u],
    ['of a context outside of the workspace', { Dockerfile: `FROM ${testImage}` }, { context: '../..' }, /INVALID/u],
    [
      'of a Dockerfile outside of its context',
      { Dockerfile: 'x', 'a/b': '' },
      { context: 'a', dockerfile: '../Dockerfile' },
      /INVALID/u,
    ],
    ['of a stage that is none', { Dockerfile: `FROM ${testImage}` }, { target: 'nope' }, /INVALID/u],
    ['with an unreadable .dockerignore', { Dockerfile: `FROM ${testImage}`, '.dockerignore': '[a' }, {}, /INVALID/u],
  ])('%s', async (_what, files, more, code) => {
    await using scope = runScope('refused');
    await expect(built(scope, files, more)).rejects.toMatchObject({ code: expect.stringMatching(code) });
    await scope.endRun();
  });

  test('where a Dockerfile or a context is a link, or fs may not read a file of it', async () => {
    await using scope = runScope('links');
    write(scope, { 'app/Dockerfile.real': `FROM ${testImage}`, 'app/private/key': 'x' });
    symlinkSync('Dockerfile.real', join(scope.workspace, 'app', 'Dockerfile'));
    symlinkSync('app', join(scope.workspace, 'link'));
    const call = callsUnder(capability, { entry, scope });
    await expect(call('build', { tag, context: 'app' })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(call('build', { tag, context: 'link', dockerfile: 'Dockerfile.real' })).rejects.toMatchObject({
      code: 'DENIED',
    });
    const picky = callsUnder(capability, {
      entry,
      scope,
      implied: ({ args }) => !(args as { path: string }).path.includes('private'),
    });
    const running = picky('build', { tag, context: 'app', dockerfile: 'Dockerfile.real' });
    await expect(running).rejects.toMatchObject({ code: 'DENIED', remedy: expect.stringContaining('.dockerignore') });
    await scope.endRun();
  });

  test('upon an image that has the daemon fetch something first', async () => {
    const name = 'waterflow.test/trigger:1';
    importTestImage(name, ['ONBUILD ADD http://127.0.0.1:1/x /x']);
    await using scope = runScope('trigger');
    write(scope, { Dockerfile: `FROM ${name}` });
    const call = callsUnder(capability, { entry: { ...entry, images: ['*'] }, scope });
    await expect(call('build', { tag })).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('127.0.0.1:1'),
    });
    docker('rmi', name);
    await scope.endRun();
  });
});
