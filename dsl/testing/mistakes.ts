import type { Diagnostic } from '../../schemas/index.ts';
import type { CompileOptions } from '../api.ts';
import { compile } from '../compile.ts';
import { testCatalogue } from './catalogue.ts';

/** Stands in a test's source before each place where something should be reported; it isn't part of the file. */
const marker = '▸';

/** What a source with marked places should report, and what it does: `CODE line:column`, in file order. */
export interface MarkedResult {
  readonly marked: readonly string[];
  readonly reported: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Compiles a source whose places of mistakes are marked by `▸CODE▸`. `files` are workflows beside it, by their names. */
export function compileMarked(source: string, files: Readonly<Record<string, string>> = {}): MarkedResult {
  const marked: string[] = [];
  const lines = source.split('\n').map((line, index) => {
    let rest = line;
    for (let at = rest.indexOf(marker); at !== -1; at = rest.indexOf(marker)) {
      const end = rest.indexOf(marker, at + 1);
      marked.push(`${rest.slice(at + 1, end)} ${index + 1}:${at + 1}`);
      rest = rest.slice(0, at) + rest.slice(end + 1);
    }
    return rest;
  });
  const { diagnostics } = compile(lines.join('\n'), { ...optionsWith(files), file: 'test.yml' });
  return { marked, reported: diagnostics.map(({ code, line, column }) => `${code} ${line}:${column}`), diagnostics };
}

/** Options of a reader that finds these workflows beside the file. */
export function optionsWith(files: Readonly<Record<string, string>>): Omit<CompileOptions, 'file'> {
  return {
    catalogue: testCatalogue,
    readWorkflow: (path) => {
      const source = files[path];
      return source === undefined ? { missing: 'there is no such file' } : { source };
    },
  };
}

/** A file with one job, whose lines are given without their indentation. */
export function job(lines: string): string {
  return `jobs:\n  job:\n${lines.replace(/^(?=.)/gm, '    ')}\n`;
}

/** A file with one step, whose lines are given without their indentation. */
export function step(lines: string): string {
  return job(`steps:\n  - ${lines.replaceAll('\n', '\n    ')}`);
}

/** Steps of a job that is about something else. */
export const steps = 'steps: [{ run: x }]';
