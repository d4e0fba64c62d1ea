import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { knownVariables } from './known-variables.ts';

const root = join(import.meta.dirname, '..', '..');

/** The variables of Waterflow that sources read, by the forms in which they do. */
function readVariables(): ReadonlySet<string> {
  const folders = ['cli', 'agent', 'runtime', 'server', 'engine', 'storage'];
  const sources = folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((at) => join(folder, at)),
    )
    .filter(
      (file) => file.endsWith('.ts') && !/\.test\.ts$|\/testing\/|runtime\/attacks\/|known-variables/u.test(file),
    );
  const forms = /(?:env(?:ironment)?(?:\[|: |\.)|Variable = )'?(WATERFLOW_[A-Z_]+)/gu;
  const found = sources.flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(forms)]);
  return new Set(found.map(([, name]) => String(name)));
}

describe('the variables that are known', () => {
  it('are those that sources read', () => {
    const read = readVariables();
    expect(read.size).toBeGreaterThan(10);
    expect([...read].filter((name) => !knownVariables.includes(name))).toEqual([]);
  });
});
