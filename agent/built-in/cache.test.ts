import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canMount, smallDisk } from '../../runtime/audit/testing/small-disk.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { createTestAgent, repository, type TestAgent, type TestStep } from '../executor/testing/agent.ts';

const supervisor = sharedSupervisor();
let agent: TestAgent;
beforeEach(async () => {
  agent = await createTestAgent({ supervisor: supervisor(), approve: ['./plugins/bare'] });
});
afterEach(() => agent[Symbol.asyncDispose]());

const at = (path: string): string => join(agent.claim.workspace, path);
const put = (path: string, content: string | Buffer): void => {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), content);
};
const read = (path: string): string => readFileSync(at(path), 'utf8');
/** As a job that begins finds it. */
const empty = (): void => {
  for (const name of readdirSync(agent.claim.workspace)) rmSync(at(name), { recursive: true });
};
const cache = (mode: 'restore' | 'save', inputs: JsonObject = {}, more: Partial<TestStep> = {}) =>
  agent.run({ uses: 'cache@v1', with: { mode, path: 'deps', key: 'deps-1', ...inputs }, ...more });
/** The folder of the node's own archives, below the state of the agent. */
const shelf = (): string => {
  const root = join(dirname(agent.auditFile), 'state/store-archives');
  return join(root, readdirSync(root)[0] ?? '');
};

describe('cache@v1', () => {
  it('puts back what a step kept, byte for byte', async () => {
    put('deps/pack age/ä.txt', 'one');
    put('deps/bin/tool', '#!/bin/sh\n');
    chmodSync(at('deps/bin/tool'), 0o755);
    symlinkSync('tool', at('deps/bin/link'));
    put('other', 'x');
    expect((await cache('save')).result).toMatchObject({
      outcome: 'success',
      outputs: { hit: false, key: 'deps-1', branch: 'main', files: 6, evicted: 0 },
    });
    empty();
    expect((await cache('restore')).result).toMatchObject({
      outcome: 'success',
      outputs: { hit: true, key: 'deps-1', branch: 'main', files: 6 },
    });
    expect([read('deps/pack age/ä.txt'), read('deps/bin/link')]).toEqual(['one', '#!/bin/sh\n']);
    expect(statSync(at('deps/bin/tool')).mode & 0o111).not.toBe(0);
    expect(readdirSync(agent.claim.workspace)).toEqual(['deps']);
  });

  it('holds several paths and patterns, without what is left out', async () => {
    for (const path of ['a/x.o', 'a/b/y.o', 'a/b/z.c', 'deps/keep', 'deps/tmp/t']) put(path, path);
    const path = 'a/**/*.o\ndeps\n!deps/tmp';
    await cache('save', { path });
    empty();
    await cache('restore', { path });
    expect(
      execFileSync('find', ['.', '-type', 'f'], { cwd: agent.claim.workspace, encoding: 'utf8' }).split('\n').sort(),
    ).toEqual(['', './a/b/y.o', './a/x.o', './deps/keep']);
  });

  it('leaves what is kept under a key as it is', async () => {
    put('deps/a', 'first');
    await cache('save');
    put('deps/a', 'second');
    expect((await cache('save')).result).toMatchObject({ outputs: { hit: true } });
    await cache('restore');
    expect(read('deps/a')).toBe('first');
  });

  it('says that there is nothing, which is a failure only where the step says so', async () => {
    expect((await cache('restore')).result).toMatchObject({ outcome: 'success', outputs: { hit: false, key: '' } });
    expect((await cache('restore', { 'fail-on-miss': true })).result).toMatchObject({
      outcome: 'failure',
      outputs: { hit: false },
      error: { code: 'STEP_FAILED', message: expect.stringContaining('deps-1') },
    });
  });

  it('finds nothing that other paths kept', async () => {
    put('deps/a', 'x');
    await cache('save');
    expect((await cache('restore', { path: ['deps', 'more'] })).result).toMatchObject({ outputs: { hit: false } });
  });
});

describe('cache@v1 looks', () => {
  const keep = async (key: string, branch: string): Promise<void> => {
    put('deps/from', `${key} of ${branch}`);
    await cache('save', { key, branch });
  };
  const found = async (inputs: JsonObject): Promise<unknown> => {
    const { result } = await cache('restore', inputs);
    return result.outcome === 'success' ? [result.outputs['hit'], read('deps/from')] : result;
  };

  it('for the key, then for the newest that begins with it, then for each of restore-keys', async () => {
    for (const key of ['linux-abc', 'linux-def', 'mac-1']) await keep(key, 'main');
    expect(await found({ key: 'linux-abc' })).toEqual([true, 'linux-abc of main']);
    expect(await found({ key: 'linux-' })).toEqual([false, 'linux-def of main']);
    expect(await found({ key: 'linux-x', 'restore-keys': 'none-\nmac-\nlinux-' })).toEqual([false, 'mac-1 of main']);
  });

  it('in the branch, then in those that it may fall back to, and in no other', async () => {
    await keep('k-1', 'main');
    await keep('k-2', 'feature/ü x');
    await keep('k-3', 'other');
    expect(await found({ key: 'k-1', branch: 'feature/ü x' })).toEqual([true, 'k-1 of main']);
    expect(await found({ key: 'k-9', branch: 'feature/ü x', 'restore-keys': ['k-'] })).toEqual([
      false,
      'k-2 of feature/ü x',
    ]);
    expect((await cache('restore', { key: 'k-3' })).result).toMatchObject({ outputs: { hit: false } });
    expect(await found({ key: 'k-3', 'fallback-branches': ['main', 'other'] })).toEqual([true, 'k-3 of other']);
  });

  it('past what is damaged', async () => {
    await keep('k-1', 'main');
    await keep('k-2', 'main');
    const [, second] = readdirSync(join(shelf(), 'contents'))
      .map((name) => join(shelf(), 'contents', name))
      .sort((left, right) => statSync(left).mtimeMs - statSync(right).mtimeMs);
    writeFileSync(second ?? '', 'no archive');
    const { result, log } = await cache('restore', { key: 'k-' });
    expect(result).toMatchObject({ outputs: { key: 'k-1' } });
    expect(log.log).toContain('what was kept under k-2 (main) was damaged');
  });
});

describe('cache@v1 keeps', () => {
  it('no more than it may: what was not used for longest goes', async () => {
    const noise = (): Buffer => Buffer.from(crypto.getRandomValues(new Uint8Array(60_000)));
    for (const key of ['a', 'b']) {
      put('deps/x', noise());
      await cache('save', { key, 'max-size': '150KB' });
    }
    await cache('restore', { key: 'a' });
    put('deps/x', noise());
    expect((await cache('save', { key: 'c', 'max-size': '150KB' })).result).toMatchObject({ outputs: { evicted: 1 } });
    expect((await cache('restore', { key: 'b' })).result).toMatchObject({ outputs: { hit: false } });
    put('deps/x', Buffer.concat([noise(), noise(), noise()]));
    expect((await cache('save', { key: 'd', 'max-size': '150KB' })).result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringContaining('150000') },
    });
    expect((await cache('restore', { key: 'a' })).result).toMatchObject({ outputs: { hit: true } });
    expect(readdirSync(join(shelf(), 'parts'))).toEqual([]);
  });

  it.each<[string, JsonObject]>([
    ['what isn’t in the workspace', { path: '../..' }],
    ['what the root names', { path: '/etc' }],
    ['what isn’t there', { path: 'missing' }],
    ['nothing', { path: '!deps' }],
    ['a size that is none', { 'max-size': 'much' }],
    ['a key that is too long', { key: 'ü'.repeat(150) }],
  ])('nothing where it is to keep %s', async (_what, inputs) => {
    put('deps/a', 'x');
    expect((await cache('save', inputs)).result).toMatchObject({ outcome: 'failure' });
    expect((await cache('restore', { ...inputs, path: 'deps', key: 'deps-1' })).result).not.toMatchObject({
      outputs: { hit: true },
    });
  });

  it('no link that leads out, and follows none', async () => {
    put('deps/a', 'x');
    symlinkSync('/etc/passwd', at('deps/passwd'));
    expect((await cache('save')).result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringContaining('deps/passwd') },
    });
    rmSync(at('deps'), { recursive: true });
    symlinkSync('/etc', at('deps'));
    expect((await cache('save', { path: 'deps/passwd' })).result).toMatchObject({ outcome: 'failure' });
  });

  it('nothing, and puts nothing back by halves, when it is cancelled', async () => {
    for (let index = 0; index < 200; index += 1) put(`deps/${index}`, Buffer.alloc(100_000, String(index)));
    await cache('save');
    empty();
    const stop = new AbortController();
    const restoring = cache('restore', {}, { signal: stop.signal });
    // As soon as the agent has begun to unpack.
    while (readdirSync(agent.claim.workspace).length === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort('cancelled');
    expect((await restoring).result).toMatchObject({ outcome: 'cancelled' });
    expect(readdirSync(agent.claim.workspace)).toEqual([]);
    put('deps/a', Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))));
    const stopped = cache('save', { key: 'other' }, { signal: AbortSignal.abort('cancelled') });
    expect((await stopped).result).toMatchObject({ outcome: 'cancelled' });
    expect(readdirSync(join(shelf(), 'parts'))).toEqual([]);
    expect(readdirSync(join(shelf(), 'entries'))).toHaveLength(1);
  });
});

describe.runIf(canMount())('cache@v1 on a disk that is full', () => {
  it('says so, keeps what it had, and goes on once there is room', async () => {
    using disk = smallDisk('1m');
    symlinkSync(disk.folder, join(dirname(agent.auditFile), 'state/store-archives'));
    put('deps/a', 'small');
    await cache('save');
    for (let index = 0; index < 40; index += 1) {
      put(`deps/${index}`, Buffer.from(crypto.getRandomValues(new Uint8Array(65_536))));
    }
    expect((await cache('save', { key: 'large' })).result).toMatchObject({
      outcome: 'failure',
      error: { code: 'STEP_FAILED', message: expect.stringContaining('the disk is full') },
    });
    expect(readdirSync(join(shelf(), 'parts'))).toEqual([]);
    empty();
    expect((await cache('restore')).result).toMatchObject({ outputs: { hit: true } });
    expect((await cache('save', { key: 'small' })).result).toMatchObject({ outcome: 'success' });
  });
});

describe('cache@v1 does nothing', () => {
  it.each(['store', 'fs'])('without what it requests of %s', async (capability) => {
    put('deps/a', 'x');
    const others =
      capability === 'store' ? { fs: [{ read: '**', write: '**' }] } : { store: [{ keys: '*', archives: '1GiB' }] };
    const policy = JSON.stringify({
      version: 1,
      require: { confinement: 0 },
      rules: [{ plugin: 'cache', allow: others }],
    });
    await using strict = await createTestAgent({ supervisor: supervisor(), policy });
    mkdirSync(join(strict.claim.workspace, 'deps'));
    const { result } = await strict.run({ uses: 'cache@v1', with: { mode: 'save', path: 'deps', key: 'k' } });
    expect(result).toMatchObject({ outcome: 'failure', class: 'denied' });
    expect(existsSync(join(dirname(strict.auditFile), 'state/store-archives'))).toBe(false);
  });

  it('more than a policy lets it, and what that lets it', async () => {
    const policy = `version: 1
require: { confinement: 0 }
rules:
  - plugin: cache
    allow:
      store: [{ keys: "*", archives: 2GiB }]
      fs: [{ read: ["node_modules/**", "."], write: ["node_modules/**", "."] }]`;
    await using strict = await createTestAgent({ supervisor: supervisor(), policy });
    for (const folder of ['node_modules/a', 'other']) {
      mkdirSync(join(strict.claim.workspace, folder), { recursive: true });
      writeFileSync(join(strict.claim.workspace, folder, 'x'), folder);
    }
    const run = async (mode: string, path: string) =>
      (await strict.run({ uses: 'cache@v1', with: { mode, path, key: 'k' } })).result;
    expect(await run('save', 'node_modules')).toMatchObject({ outcome: 'success' });
    rmSync(join(strict.claim.workspace, 'node_modules'), { recursive: true });
    expect(await run('restore', 'node_modules')).toMatchObject({ outcome: 'success', outputs: { hit: true } });
    expect(readFileSync(join(strict.claim.workspace, 'node_modules/a/x'), 'utf8')).toBe('node_modules/a');
    expect(await run('save', 'other')).toMatchObject({ outcome: 'failure', class: 'denied' });
  });

  it('where a layer lets no archives be, or fewer bytes', async () => {
    const policy = `version: 1
require: { confinement: 0 }
rules: [{ plugin: cache, allow: { store: [{ keys: "*", archives: 1KiB }], fs: [{ read: "**", write: "**" }] } }]`;
    await using strict = await createTestAgent({ supervisor: supervisor(), policy });
    mkdirSync(join(strict.claim.workspace, 'deps'));
    writeFileSync(join(strict.claim.workspace, 'deps/x'), crypto.getRandomValues(new Uint8Array(10_000)));
    const { result } = await strict.run({ uses: 'cache@v1', with: { mode: 'save', path: 'deps', key: 'k' } });
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('1024 bytes') } });
  });

  it('without its permissions: its code has no other way', async () => {
    const source = (file: string): string => readFileSync(join(repository, 'plugins/cache', file), 'utf8');
    const manifest = source('plugin.yaml')
      .replace(/^permissions:\n(?: .*\n)+/m, '')
      .replace('name: cache', 'name: bare');
    const sources = ['index.ts', 'keys.ts', 'paths.ts', 'restore.ts'];
    agent.plugin('bare', {
      'plugin.yaml': manifest,
      ...Object.fromEntries(sources.map((file) => [file, source(file)])),
    });
    put('deps/a', 'x');
    const { result, calls } = await agent.run({
      uses: './plugins/bare',
      with: { mode: 'save', path: 'deps', key: 'k' },
    });
    expect(result).toMatchObject({ outcome: 'failure' });
    expect(calls.filter(({ decision }) => decision === 'allowed')).toEqual([]);
  });
});
