import { templates } from '../../cli/plugin-new/templates.ts';

/** What an author of a template's language has to do with. */
export interface Authored {
  /** What runs: a path in the plugin's folder. */
  readonly output: string;
  /** A source file, in which a mistake is made. */
  readonly source: string;
  /** The language's own tests. */
  readonly tests: readonly [command: string, ...argv: string[]];
  /** Packages that the author installs; the repository has them. */
  readonly installed: readonly string[];
}

const node = [process.execPath, '--test', 'tests/greet.test.mjs'] as const;
const language: Readonly<Record<string, Authored>> = {
  ts: { output: 'dist/plugin.js', source: 'index.ts', tests: [...node], installed: [] },
  'ts-wasm': { output: 'dist/plugin.wasm', source: 'index.ts', tests: [...node], installed: [] },
  assemblyscript: {
    output: 'plugin.wasm',
    source: 'assembly/index.ts',
    tests: [process.execPath, '--test', 'tests/plugin.test.mjs', 'tests/library.test.mjs'],
    installed: ['assemblyscript', 'binaryen', 'long'],
  },
  rust: {
    output: 'plugin.wasm',
    source: 'src/lib.rs',
    tests: ['cargo', 'test', '--quiet', '--workspace', '--offline'],
    installed: [],
  },
  go: { output: 'plugin.wasm', source: 'main.go', tests: ['go', 'test', './...'], installed: [] },
  c: { output: 'plugin.wasm', source: 'src/plugin.c', tests: ['make', '--silent', 'test'], installed: [] },
};

/** The names of all templates that `plugin new` has. */
export const templateNames: readonly string[] = templates.map(({ name }) => name);

/** Throws where a template has no entry here: each is tried. */
export function authored(template: string): Authored {
  const found = language[template];
  if (found === undefined) throw new Error(`tools/authors/templates.ts says nothing of the template ${template}`);
  return found;
}
