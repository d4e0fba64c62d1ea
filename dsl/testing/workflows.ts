import type { CompileResult } from '../api.ts';
import { compile } from '../compile.ts';
import { testCatalogue } from './catalogue.ts';

/** What files with marked places should report, and what they do: `file CODE line:column`. */
export interface MarkedFiles {
  readonly marked: readonly string[];
  readonly reported: readonly string[];
  readonly result: CompileResult;
  /** Each path that was read, as often as it was. */
  readonly read: readonly string[];
}

/** Compiles the first of several files, whose places of mistakes are marked by `▸CODE▸`. They lie in one folder. */
export function compileFiles(files: Readonly<Record<string, string>>): MarkedFiles {
  const marked: string[] = [];
  const texts = new Map<string, string>();
  for (const [file, source] of Object.entries(files)) {
    const lines = source.split('\n').map((line, index) =>
      line.replaceAll(/▸([A-Z_]+)▸/g, (mark: string, code: string, at: number, whole: string) => {
        const before = whole.slice(0, at).replaceAll(/▸[A-Z_]+▸/g, '');
        marked.push(`${file} ${code} ${index + 1}:${before.length + 1}`);
        return mark.slice(mark.length);
      }),
    );
    texts.set(file, lines.join('\n'));
  }
  const [root = ''] = texts.keys();
  const read: string[] = [];
  const result = compile(texts.get(root) ?? '', {
    file: root,
    catalogue: testCatalogue,
    readWorkflow: (path) => {
      read.push(path);
      const source = texts.get(path);
      return source === undefined ? { missing: 'there is no such file' } : { source };
    },
  });
  const reported = result.diagnostics.map(({ file, code, line, column }) => `${file} ${code} ${line}:${column}`);
  return { marked, reported, result, read };
}

/** A workflow that can be called, with what `on.workflow_call` has. */
export function callable(interfaceLines = ''): string {
  const lines = interfaceLines.replace(/^(?=.)/gm, '    ');
  return `on:\n  workflow_call:\n${lines}\njobs:\n  inner:\n    outputs: { x: '\${{ steps.s.outputs.x }}' }\n    steps:\n      - { id: s, run: make }\n`;
}

/** A workflow whose job calls another one. */
export function calling(lines: string): string {
  return `jobs:\n  call:\n${lines.replace(/^(?=.)/gm, '    ')}\n`;
}
