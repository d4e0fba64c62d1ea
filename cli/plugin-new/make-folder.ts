import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';

/** What templates call the plugin. */
export const placeholder = 'my-plugin';
/** npm leaves files of this name out of packages, so templates have it without the dot. */
const renamed: ReadonlyMap<string, string> = new Map([['gitignore', '.gitignore']]);
/** What building and testing a template where it lies leaves there. */
const leftOut: ReadonlySet<string> = new Set([
  'node_modules',
  'target',
  'dist',
  'build',
  'plugin.wasm',
  'Cargo.lock',
  '.waterflow',
]);

/** A new plugin's folder. */
export interface NewFolder {
  readonly template: AbsolutePath;
  readonly folder: AbsolutePath;
  readonly name: string;
}

/**
 * Copies a template into a folder that must not exist yet, with the plugin's name in the place of the template's. All of it is
 * there, or nothing. Gives the paths of the files. Throws WaterflowFailure USAGE or STORAGE_FAILED.
 */
export function makeFolder({ template, folder, name }: NewFolder): readonly string[] {
  try {
    if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined)
      throw usageError(`${folder} exists already`, 'Choose another name or another `--dir`, or remove it.');
    const unfinished = `${folder}.${process.pid}.new`;
    mkdirSync(unfinished);
    try {
      const files = filesOf(template, []);
      for (const path of files) copyFile(template, { path, to: unfinished, name });
      // Where somebody made a folder meanwhile, it is refused unless that is empty.
      renameSync(unfinished, folder);
      return files.map(targetOf).sort();
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  } catch (cause) {
    if (cause instanceof WaterflowFailure) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot make ${folder}: ${reason}`;
    const remedy = 'Name a place in a folder that exists and that you may write to.';
    throw new WaterflowFailure({ code: 'STORAGE_FAILED', message, remedy, file: folder }, { cause });
  }
}

function filesOf(template: string, names: readonly string[]): readonly string[] {
  return readdirSync(join(template, ...names), { withFileTypes: true }).flatMap((entry) => {
    const path = [...names, entry.name];
    if (leftOut.has(entry.name)) return [];
    return entry.isDirectory() ? filesOf(template, path) : [path.join('/')];
  });
}

function targetOf(path: string): string {
  return join(dirname(path), renamed.get(basename(path)) ?? basename(path));
}

function copyFile(
  template: string,
  { path, to, name }: { readonly path: string; readonly to: string; readonly name: string },
): void {
  const source = join(template, path);
  const target = join(to, targetOf(path));
  mkdirSync(dirname(target), { recursive: true });
  // All of them are text. An installed package may be read-only; a new plugin is its author's to write.
  const mode = (statSync(source).mode & 0o100) === 0 ? 0o644 : 0o755;
  writeFileSync(target, readFileSync(source, 'utf8').replaceAll(placeholder, name), { mode });
}
