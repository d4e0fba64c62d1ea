import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { History } from '../history.ts';
import { pagesOf } from './page.ts';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs');
/** Holds nothing but what is made here. */
const pictures = 'performance';

/** Writes the page and its pictures, and removes pictures that are no longer made; with `check` it writes nothing. The files that weren't current. */
export function writePages(
  history: History,
  { check, folder = docs }: { readonly check: boolean; readonly folder?: string },
): readonly string[] {
  const wanted = pagesOf(history);
  const present = existsSync(join(folder, pictures)) ? readdirSync(join(folder, pictures)) : [];
  const left = present.map((name) => `${pictures}/${name}`).filter((name) => !wanted.has(name));
  const stale = [...wanted].filter(([name, text]) => textOf(join(folder, name)) !== text);
  if (!check) {
    for (const name of left) rmSync(join(folder, name));
    for (const [name, text] of stale) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
  }
  return [...left, ...stale.map(([name]) => name)];
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
