import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith } from '../plugin-commands/testing/folder.ts';
import { createStyle } from '../report/style.ts';
import { commandLine } from '../testing/terminal.ts';
import type { FileCoverage } from './collect.ts';
import { coverageLines, lcovText, sharesOf } from './report.ts';

const manifest = (runtime: string): string => `name: counter
version: 1.0.0
description: Counts.
runtime: ${runtime}
main: index.ts
inputs: { count: { type: number, default: 1 } }
outputs: { words: { type: string } }
`;

const files = {
  'p/index.ts': `import { definePlugin } from 'waterflow/plugin';
import { sizeOf } from './lib/size.ts';

type Inputs = { readonly count: number };

export default definePlugin<Inputs>(async ({ count }) => {
  if (count < 0) {
    throw new Error('less than nothing');
  }
  return { words: sizeOf(count) };
});
`,
  'p/lib/size.ts': `export function sizeOf(count: number): string {
  if (count > 100) return 'many';
  return 'few';
}

export const unused = (): string => {
  return 'never';
};
`,
  'p/tests/cases.yaml': `- { name: few, inputs: { count: 3 }, expect: { outputs: { words: few } } }
- { name: none, inputs: { count: -1 }, expect: { error: { code: STEP_FAILED } } }
`,
};

const emptyModule = String.fromCharCode(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** What a build would leave, but for the code: coverage is of the sources. */
function built(): Readonly<Record<string, string>> {
  const paths = ['index.ts', 'lib/size.ts'] as const;
  const sources = Object.fromEntries(paths.map((path) => [path, hash('sha256', files[`p/${path}`])]));
  const record = { version: 1, target: 'wasm', main: 'index.ts', sha256: hash('sha256', emptyModule), sources };
  return { 'p/dist/plugin.wasm': emptyModule, 'p/dist/build.json': JSON.stringify(record) };
}

describe('waterflow plugin test --coverage', () => {
  it.each([
    ['isolate', {}],
    ['wasm', built()],
  ])('shows what ran of a plugin with runtime %s', async (runtime, more) => {
    const cwd = folderWith({ ...files, ...more, 'p/plugin.yaml': manifest(runtime) });
    const argv = ['plugin', 'test', 'p', '--json', '--lcov', 'out.info', '--min-coverage', '80'];
    const { code, stdout, stderr } = await commandLine(argv, { cwd });
    expect(JSON.parse(stdout)).toMatchObject({
      passed: true,
      coverage: {
        lines: { covered: 7, total: 8, percent: 87.5 },
        functions: { covered: 2, total: 3, percent: 66.66 },
        files: [
          { path: 'index.ts', lines: { covered: 4, total: 4 }, missed_lines: [] },
          { path: 'lib/size.ts', missed_lines: [7], missed_functions: [{ line: 6 }] },
        ],
      },
    });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: '2 of 3 functions ran: 66.66 %, and --min-coverage is 80 %\n',
    });
    expect(readFileSync(join(cwd, 'out.info'), 'utf8')).toContain('SF:lib/size.ts\nFN:1,sizeOf\n');
  });

  it.each([
    ['a plugin in another language', 'main: plugin.wasm', '--coverage'],
    ['a share that is none', 'main: index.ts', '--min-coverage=101'],
  ])('refuses %s', async (_what, main, option) => {
    const text = manifest('wasm').replace('main: index.ts', main);
    const cwd = folderWith({ ...files, ...built(), 'p/plugin.yaml': text, 'p/plugin.wasm': emptyModule });
    expect(await commandLine(['plugin', 'test', 'p', option], { cwd })).toMatchObject({ code: 2 });
  });
});

describe('the report of coverage', () => {
  const counted: readonly FileCoverage[] = [
    {
      path: 'a.ts',
      lines: [1, 2, 3, 5].map((line) => ({ line, count: line === 1 ? 2 : 0 })),
      functions: [{ name: 'f', line: 1, count: 2 }],
    },
    { path: 'types.ts', lines: [], functions: [] },
  ];

  it('is a table with the lines that did not run', () => {
    expect(coverageLines(counted, createStyle({ colours: false }))).toEqual([
      'file      lines          functions      lines that did not run',
      'a.ts      25.0 % (1/4)   100.0 % (1/1)  2-3, 5',
      'types.ts  100.0 % (0/0)  100.0 % (0/0)',
      'all       25.0 % (1/4)   100.0 % (1/1)',
    ]);
  });

  it('never rounds up to all of it', () => {
    const lines = Array.from({ length: 100_000 }, (_, line) => ({ line, count: line === 7 ? 0 : 1 }));
    expect(sharesOf([{ path: 'a.ts', lines, functions: [] }]).lines.percent).toBe(99.99);
  });

  it('is a tracefile for lcov', () => {
    expect(lcovText(counted)).toBe(
      'TN:\nSF:a.ts\nFN:1,f\nFNDA:2,f\nFNF:1\nFNH:1\nDA:1,2\nDA:2,0\nDA:3,0\nDA:5,0\nLF:4\nLH:1\nend_of_record\n' +
        'TN:\nSF:types.ts\nFNF:0\nFNH:0\nLF:0\nLH:0\nend_of_record\n',
    );
  });
});
