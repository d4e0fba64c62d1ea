import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type PluginCase, readPluginCases } from '../../agent/plugin-cases/index.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import type { AbsolutePath, Diagnostic, WaterflowError } from '../../schemas/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { DiagnosedFile } from '../commands/diagnostics.ts';

/** Whose cases are read. */
export interface CasesOf {
  readonly folder: AbsolutePath;
  readonly manifest: PluginManifest;
}

/** A file of cases, as it stands on the disk. */
export interface CaseFile {
  /** Absolute. */
  readonly path: AbsolutePath;
  /** As it is shown: relative to where the command was given, where it lies below. */
  readonly shown: string;
  readonly text: string;
}

/** The cases of a plugin, or all that is wrong with their files. */
export type ReadCases =
  | { readonly files: readonly CaseFile[]; readonly cases: readonly PluginCase[] }
  | { readonly wrong: readonly DiagnosedFile[] };

const single = /^plugin\.test\.ya?ml$/u;
const several = /\.ya?ml$/u;
const testsFolder = 'tests';
const mostBytes = 256 * 1024;

/** `plugin.test.yaml` of a plugin's folder, and all YAML files of its folder `tests`, by their names. */
export function readCaseFiles({ folder, manifest }: CasesOf, cwd: string): ReadCases {
  const files = casePaths(folder).map((path): CaseFile => {
    const below = relative(cwd, path);
    return { path, shown: below.startsWith('..') ? path : below, text: textOf(path) };
  });
  const cases: PluginCase[] = [];
  const wrong: DiagnosedFile[] = [];
  for (const { text, shown } of files) {
    const read = readPluginCases(text, shown, { manifest });
    if ('cases' in read) cases.push(...read.cases);
    else wrong.push({ text, diagnostics: read.errors.map(asDiagnostic) });
  }
  const twice = files.flatMap(({ text, shown }) => {
    const diagnostics = secondOfName(cases).filter(({ file }) => file === shown);
    return diagnostics.length === 0 ? [] : [{ text, diagnostics }];
  });
  const all = [...wrong, ...twice];
  return all.length > 0 ? { wrong: all } : { files, cases };
}

/** Cases that are called like an earlier one. */
function secondOfName(cases: readonly PluginCase[]): readonly Diagnostic[] {
  const first = new Map<string, PluginCase>();
  return cases.flatMap((one): readonly Diagnostic[] => {
    const other = first.get(one.name);
    if (other === undefined) {
      first.set(one.name, one);
      return [];
    }
    return [
      {
        code: 'INVALID_INPUT',
        severity: 'error',
        message: `two cases are called \`${one.name}\`: the other one is in ${other.file}:${other.line}`,
        remedy: 'Give each a name of its own: `--case` and what is reported go by it.',
        file: one.file,
        line: one.line,
        column: 1,
      },
    ];
  });
}

function asDiagnostic(error: WaterflowError): Diagnostic {
  return { ...error, severity: 'error' };
}

function casePaths(folder: AbsolutePath): readonly AbsolutePath[] {
  const named = (place: string, pattern: RegExp): readonly AbsolutePath[] =>
    lstatSync(place, { throwIfNoEntry: false })?.isDirectory() !== true
      ? []
      : readdirSync(place, { withFileTypes: true })
          // Not what a link leads to: a plugin is from anywhere.
          .filter((entry) => entry.isFile() && pattern.test(entry.name))
          .map(({ name }) => join(place, name) as AbsolutePath) // Below an absolute folder.
          .sort();
  return [...named(folder, single), ...named(join(folder, testsFolder), several)];
}

function textOf(path: AbsolutePath): string {
  if (lstatSync(path).size <= mostBytes) return readFileSync(path, 'utf8');
  throw new WaterflowFailure({
    code: 'FILE_TOO_LARGE',
    message: `${path} has more than ${mostBytes} bytes`,
    remedy: 'Spread the cases over several files, and keep large contents in files of base64 no longer than needed.',
    file: path,
  });
}
