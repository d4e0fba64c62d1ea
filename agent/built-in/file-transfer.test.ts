/** file-transfer@v1 moves files to and from OpenSSH's own server. */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import { startUnsteadyNetwork } from '../../runtime/capabilities/ssh/testing/unsteady-network.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { filesBelow, startTransferWorld, type TransferWorld, writeFiles } from './testing/file-transfer-world.ts';

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
const supervisor = sharedSupervisor();
const works = await needs('ssh');

describe.skipIf(!works)('file-transfer@v1', () => {
  let world: TransferWorld;
  beforeAll(async () => {
    world = await startTransferWorld(supervisor());
  });
  afterAll(() => world[Symbol.asyncDispose]());

  /** What a step gives, which must succeed. */
  const outputs = async (inputs: JsonObject): Promise<JsonObject> => {
    const { result, log } = await world.transfer(inputs);
    expect({ result, log }).toMatchObject({ result: { outcome: 'success' } });
    return result.outputs ?? {};
  };
  const upload = (inputs: JsonObject) => outputs({ mode: 'upload', ...inputs });
  const download = (inputs: JsonObject) => outputs({ mode: 'download', ...inputs });

  describe('uploads', () => {
    it('a folder with spaces and other letters than ASCII in its names, and then only what changed', async () => {
      writeFiles(world.here('mit Leerzeichen'), { 'ü/ein & aus [1]*.txt': 'Grüße', "it's ☃": 'snow', empty: '' });
      const to = world.there('Ziel ordner/ß');
      const first = await upload({ from: 'mit Leerzeichen', to });
      expect(first).toMatchObject({ files: 3, bytes: 11, unchanged: 0 });
      expect(filesBelow(to)).toEqual(['empty', "it's ☃", 'ü/ein & aus [1]*.txt'].toSorted());
      expect(readFileSync(`${to}/ü/ein & aus [1]*.txt`, 'utf8')).toBe('Grüße');
      writeFiles(world.here('mit Leerzeichen'), { "it's ☃": 'rain' });
      const second = await upload({ from: 'mit Leerzeichen', to });
      expect(second).toMatchObject({ files: 1, bytes: 4, unchanged: 2 });
      expect(readFileSync(`${to}/it's ☃`, 'utf8')).toBe('rain');
      expect(second['sha256']).not.toBe(first['sha256']);
      expect(await upload({ from: 'mit Leerzeichen', to, compare: 'none' })).toMatchObject({ files: 3, unchanged: 0 });
    });

    it('a file to a name or into a folder, with its own permissions or those that are given', async () => {
      writeFiles(world.here('bin'), { tool: '#!/bin/sh\n' });
      chmodSync(world.here('bin/tool'), 0o755);
      const one = { files: 1, bytes: 10, unchanged: 0, sha256: sha256('#!/bin/sh\n') };
      expect(await upload({ from: 'bin/tool', to: world.there('a/name') })).toEqual(one);
      expect(statSync(world.there('a/name')).mode & 0o7777).toBe(0o755);
      const given = { permissions: '0600', verify: true };
      expect(await upload({ from: 'bin/tool', to: `${world.there('into')}/`, ...given })).toEqual(one);
      expect(statSync(world.there('into/tool')).mode & 0o7777).toBe(0o600);
      expect(filesBelow(world.there('into'))).toEqual(['tool']);
    });

    it('what patterns choose, one a line or a list', async () => {
      writeFiles(world.here('src'), { 'a.js': 'a', 'a.map': 'm', 'lib/b.js': 'b', 'test/c.js': 'c' });
      const lines = { include: '**/*.js\n\n  **/*.css  ', exclude: ['test'] };
      expect(await upload({ from: 'src', to: world.there('chosen'), ...lines })).toMatchObject({ files: 2 });
      expect(filesBelow(world.there('chosen'))).toEqual(['a.js', 'lib/b.js']);
    });

    it('no link, unless links are left out', async () => {
      writeFiles(world.here('linked'), { file: 'x' });
      symlinkSync('/etc/passwd', world.here('linked/link'));
      const step = { mode: 'upload', from: 'linked', to: world.there('linked') };
      expect((await world.transfer(step)).result).toMatchObject({ outcome: 'failure', class: 'denied' });
      expect(existsSync(step.to)).toBe(false);
      expect(await upload({ ...step, links: 'skip' })).toMatchObject({ files: 1 });
      expect(filesBelow(world.there('linked'))).toEqual(['file']);
    });
  });

  describe('downloads', () => {
    it('a folder, and a file into a folder, with execute bits', async () => {
      writeFiles(world.there('from here'), { 'Übersicht.csv': 'a,b', 'deep/run me': 'x' });
      chmodSync(world.there('from here/deep/run me'), 0o755);
      const moved = await download({ from: world.there('from here'), to: 'got it' });
      expect(moved).toMatchObject({ files: 2, bytes: 4, unchanged: 0 });
      expect(readFileSync(world.here('got it/Übersicht.csv'), 'utf8')).toBe('a,b');
      expect(statSync(world.here('got it/deep/run me')).mode & 0o111).not.toBe(0);
      const one = { from: world.there('from here/Übersicht.csv'), to: 'one/' };
      expect(await download(one)).toMatchObject({ files: 1, sha256: sha256('a,b') });
      expect(filesBelow(world.here('one'))).toEqual(['Übersicht.csv']);
      expect(await download({ from: world.there('from here'), to: 'part/', include: '*.csv' })).toMatchObject({
        files: 1,
      });
      expect(filesBelow(world.here('part'))).toEqual(['Übersicht.csv']);
    });

    it('a file with the digest that it must have, once', async () => {
      writeFiles(world.there(''), { release: 'release' });
      const step = { from: world.there('release'), to: 'release', sha256: sha256('release') };
      expect(await download(step)).toMatchObject({ files: 1, unchanged: 0 });
      expect(await download(step)).toMatchObject({ files: 0, unchanged: 1, sha256: sha256('release') });
      writeFiles(world.there(''), { release: 'another' });
      const { result } = await world.transfer({ mode: 'download', ...step, to: 'other' });
      expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('SHA-256') } });
      expect(filesBelow(world.here('.'))).not.toContain('other');
    });

    it('by time what was changed since', async () => {
      writeFiles(world.there('logs'), { a: 'one', 'old/er/b': 'two' });
      const step = { from: world.there('logs'), to: 'logs', compare: 'time' };
      expect(await download(step)).toMatchObject({ files: 2 });
      writeFiles(world.there('logs'), { a: 'three' });
      expect(await download(step)).toMatchObject({ files: 1, unchanged: 1 });
      expect(readFileSync(world.here('logs/a'), 'utf8')).toBe('three');
    });
  });

  it.each([
    ['an upload', 'upload', false],
    ['a download', 'download', false],
    ['a download whose digest is known', 'download', true],
  ] as const)('goes on with %s that the network cut off', async (what, mode, known) => {
    await using network = await startUnsteadyNetwork(world.server.port, { after_bytes: 5_000_000, kind: 'cut' });
    const content = Buffer.alloc(8_000_000, 'abcdefg');
    const at = mode === 'upload' ? world.here : world.there;
    writeFiles(at(`cut/${what}`), { big: content });
    const target = mode === 'upload' ? world.there(`to ${what}`) : world.here(`to ${what}`);
    const ends =
      mode === 'upload'
        ? { from: `cut/${what}/big`, to: `${target}/` }
        : { from: at(`cut/${what}/big`), to: `to ${what}/big` };
    const digest = known ? { sha256: sha256(content) } : {};
    const step = { mode, ...ends, ...digest, port: network.port, resume: true };
    const { result } = await world.transfer(step);
    expect(result).toMatchObject({
      outcome: 'failure',
      class: 'failure',
      error: { code: 'STEP_FAILED', message: expect.stringContaining('127.0.0.1') },
    });
    expect(filesBelow(target)).toEqual([expect.stringMatching(/\.part$/)]);
    const before = world.agent.results.length;
    expect(await outputs(step)).toMatchObject({ files: 1, bytes: 8_000_000, sha256: sha256(content) });
    expect(filesBelow(target)).toEqual(['big']);
    expect(readFileSync(`${target}/big`).equals(content)).toBe(true);
    expect(world.agent.results.slice(before)).toContainEqual(
      expect.objectContaining({ facts: expect.objectContaining({ resumed_from: expect.any(Number) }) }),
    );
  });

  it('moves a hundred files in a hundred steps at once', { timeout: 180_000 }, async () => {
    const names = Array.from({ length: 100 }, (_, index) => `file ${index}`);
    writeFiles(world.here('many'), Object.fromEntries(names.map((name) => [name, name])));
    const steps = names.map((name) => upload({ from: `many/${name}`, to: world.there(`many/${name}`) }));
    expect((await Promise.all(steps)).map(({ files }) => files)).toEqual(names.map(() => 1));
    expect(filesBelow(world.there('many'))).toEqual(names.toSorted());
  });
});
