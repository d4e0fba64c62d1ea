import { existsSync, readdirSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { type Attack, readAttack } from './attack.ts';

/** Where the corpus lies: this folder. */
export const corpusFolder: string = import.meta.dirname;

/** All attacks, sorted by id: each `group/name` with an attack.yaml. `only` is a glob over ids. */
export function readCorpus(folder: string = corpusFolder, only = '**'): readonly Attack[] {
  return foldersIn(folder)
    .flatMap((group) => foldersIn(join(folder, group)).map((name) => `${group}/${name}`))
    .filter((id) => existsSync(join(folder, id, 'attack.yaml')) && matchesGlob(id, only))
    .sort()
    .map((id) => readAttack(join(folder, id), id));
}

function foldersIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
}
