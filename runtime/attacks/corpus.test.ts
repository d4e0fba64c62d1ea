import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAttack } from './attack.ts';
import { corpusFolder, readCorpus } from './corpus.ts';
import { mutations } from './mutations.ts';
import { protections } from './protections.ts';

const attacks = readCorpus();
const repository = join(corpusFolder, '..', '..');

describe('the corpus', () => {
  it('has at least 120 attacks', () => {
    expect(attacks.length).toBeGreaterThanOrEqual(120);
  });

  it('declares nothing at level 3', () => {
    expect(attacks.filter(({ declared }) => declared.levels.includes(3)).map(({ id }) => id)).toEqual([]);
  });

  it('has an attack for each protection', () => {
    const named = new Set(attacks.flatMap((attack) => attack.protections));
    expect(Object.keys(protections).filter((id) => ![...named].some((name) => name === id))).toEqual([]);
  });

  it('shows of each attack that it works: by Node itself, by a level, or by a mutation', () => {
    const mutated = new Set(mutations.map(({ protection }) => protection));
    const unshown = attacks.filter(
      ({ control, declared, protections: named }) =>
        (control === 'mutation' && !named.some((id) => mutated.has(id))) ||
        (control === 'level' && declared.levels.length === 0),
    );
    expect(unshown.map(({ id }) => id)).toEqual([]);
  });

  it('has mutations that apply to the sources as they are', () => {
    const patches = mutations.flatMap(({ protection, patches: each }) =>
      each.map((patch) => ({ protection, ...patch })),
    );
    const stale = patches.filter(
      ({ file, find }) =>
        !existsSync(join(repository, file)) || !readFileSync(join(repository, file), 'utf8').includes(find),
    );
    expect(stale.map(({ protection, file }) => `${protection}: ${file}`)).toEqual([]);
  });

  it('can be narrowed by a glob over groups and names', () => {
    expect(readCorpus(corpusFolder, 'fs/*').every(({ id }) => id.startsWith('fs/'))).toBe(true);
    expect(readCorpus(corpusFolder, 'no/such')).toEqual([]);
  });
});

describe('readAttack', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'waterflow-attack-'));
    cpSync(join(corpusFolder, 'fs', 'reads-above'), folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('refuses an unknown key, with its place', () => {
    const file = join(folder, 'attack.yaml');
    writeFileSync(file, `${readFileSync(file, 'utf8')}expected: held\n`);
    expect(() => readAttack(folder, 'a/b')).toThrow(/attack\.yaml:\d+: .*expected/);
  });

  it('refuses a protection that there is not', () => {
    const file = join(folder, 'attack.yaml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('fs-inside', 'fs-outside'));
    expect(() => readAttack(folder, 'a/b')).toThrow(/fs-outside|protections/);
  });

  it('refuses a folder with two attacks in it, and one without any', () => {
    writeFileSync(join(folder, 'index.js'), '');
    expect(() => readAttack(folder, 'a/b')).toThrow('exactly one of');
    rmSync(join(folder, 'index.js'));
    rmSync(join(folder, 'calls.json'));
    expect(() => readAttack(folder, 'a/b')).toThrow('exactly one of');
  });
});
