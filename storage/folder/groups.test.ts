import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createFolderStore } from './store.ts';

const root = mkdtempSync(join(tmpdir(), 'waterflow-groups-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const program = join(import.meta.dirname, 'testing', 'change-groups.ts');

describe('the groups of a store', () => {
  it('lose no change of processes that begin at once in an empty folder', { timeout: 60_000 }, async () => {
    const ends = [1, 2, 3, 4, 5, 6].map(() =>
      once(spawn(process.execPath, [program, root, '20'], { stdio: 'inherit' }), 'exit'),
    );
    expect(await Promise.all(ends)).toEqual(ends.map(() => [0, null]));
    using groups = createFolderStore({ root }).openGroups();
    expect(groups.read('counter')).toBe(120);
    expect(readdirSync(join(root, 'groups')).filter((name) => !name.startsWith('groups.sqlite'))).toEqual([]);
    expect(readdirSync(join(root, 'groups')).filter((name) => /\d/.test(name))).toEqual([]);
  });
});
