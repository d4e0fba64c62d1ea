/** The ledger of this repository: its pages, its tests, and its list of blocks that are only shown. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LineCounter, parseDocument } from 'yaml';
import { blocksIn } from './blocks.ts';
import { declarationsIn } from './declared.ts';
import { type Ledger, ledgerOf, listOfShown, type Shown } from './ledger.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const exclude = ['**/node_modules/**', '**/dist/**', 'tools/code-blocks/**'];

/** As vitest.config.ts has it. */
const apart: Readonly<Record<string, string>> = {
  'clients/recipes.test.ts': 'npm run test:clients',
  'clients/python/package.test.ts': 'npm run test:clients',
  'e2e/vault.test.ts': 'npm run test:vault',
};

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const files = (pattern: string | readonly string[]): readonly string[] =>
  globSync(pattern, { cwd: root, exclude }).sort();

/** Reads all of it. */
export function repositoryLedger(): Ledger {
  const declared = files('**/*.{ts,tsx}').map((file) => declarationsIn(file, read(file)));
  const blocks = files('**/*.md').flatMap((page) => blocksIn(page, read(page)));
  const declarations = declared.flatMap((each) => each.declarations);
  const ledger = ledgerOf({ blocks, declarations, shown: shownIn(read(listOfShown)) });
  return { ...ledger, problems: [...declared.flatMap(({ problems }) => problems), ...ledger.problems] };
}

/** The list's entries: of each page a list of `digest`, `begins` and `because`. */
export function shownIn(text: string): readonly Shown[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [error] = document.errors;
  if (error !== undefined) throw error;
  const pages = document.toJS() as Readonly<Record<string, readonly Omit<Shown, 'page' | 'line'>[]>> | null; // This repository's own.
  return Object.entries(pages ?? {}).flatMap(([page, entries]) =>
    entries.map((entry, index): Shown => {
      // A node of a document that has no errors.
      const node = document.getIn([page, index], true) as { readonly range?: readonly [number] };
      return { ...entry, page, line: lines.linePos(node.range?.[0] ?? 0).line };
    }),
  );
}

/** The command by which a test file is run. */
export function commandOf(file: string): string {
  const [, suite] = /^e2e\/([\w-]+)\/.*\.long\.ts$/u.exec(file) ?? [];
  if (suite !== undefined) return `npm run test:${suite}`;
  return apart[file] ?? 'npm test';
}
