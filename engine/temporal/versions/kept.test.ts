import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptName, keptVersions } from './kept.ts';
import { versionOf } from './version.ts';

describe('the workflows of releases before this one', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'waterflow-kept-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const keep = (name: string, code: string): void => writeFileSync(join(folder, name), brotliCompressSync(code));

  it('are known by their release and their id, and read when they are needed', () => {
    const version = versionOf('var a = 1;\n');
    keep(keptName({ id: version.id, release: '0.1.0-rc.1' }), version.code);
    writeFileSync(join(folder, 'README.md'), 'nothing of the kind');
    const [kept, ...others] = keptVersions(folder);
    expect(others).toEqual([]);
    expect(kept).toMatchObject({ id: version.id, release: '0.1.0-rc.1' });
    expect(kept?.read()).toEqual(version);
  });

  it('are refused where they are others than their name says', () => {
    keep(keptName({ id: versionOf('var a = 1;\n').id, release: '0.1.0' }), 'var a = 2;\n');
    expect(() => keptVersions(folder)[0]?.read()).toThrow(/holds version/u);
  });

  it('are none where none are kept', () => {
    expect(keptVersions(join(folder, 'nowhere'))).toEqual([]);
  });

  it('that this checkout carries are whole', () => {
    for (const kept of keptVersions()) expect(kept.read().id).toBe(kept.id);
  });
});
