import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from './exit-codes.ts';
import { packageRoot, packageVersion } from './package-root.ts';
import { plainJson, plainLine } from './report/text.ts';
import type { Terminal } from './terminal.ts';

/** What `npm run release` writes into `dist/build.json`, of the sources that it built. */
export interface BuiltFrom {
  /** All 40 hex digits. */
  readonly commit: string;
  /** When it was committed, in ISO 8601; the build itself notes no time, so that it can be made again. */
  readonly committed_at: string;
  /** True where the tree had changes that were not committed. */
  readonly modified: boolean;
}

/** `waterflow --version`, as it is and with `--json`; every other command line is read as usual. */
export function isVersionQuestion(argv: readonly string[]): boolean {
  return argv[0] === '--version' && (argv.length === 1 || (argv.length === 2 && argv[1] === '--json'));
}

/** Prints what is installed here; gives the exit code. */
export function tellVersion(terminal: Terminal, { json }: { readonly json: boolean }): number {
  const version = packageVersion(import.meta.url);
  const root = packageRoot(import.meta.url);
  const built = readBuild(join(root, 'dist', 'build.json'));
  const platform = `${process.platform}-${process.arch}`;
  if (json) {
    // The archive alone has its own programs beside the code.
    const build = built === undefined ? 'source' : existsSync(join(root, 'dist', 'native')) ? 'archive' : 'package';
    const report = { version, build, ...built, platform, node: process.versions.node };
    terminal.stdout.write(`${plainJson(report)}\n`);
    return exitCodes.ok;
  }
  const from = built === undefined ? 'from source' : describe(built);
  terminal.stdout.write(`${plainLine(`${version} (${from}, ${platform}, Node ${process.versions.node})`)}\n`);
  return exitCodes.ok;
}

function describe({ commit, committed_at, modified }: BuiltFrom): string {
  return `commit ${commit.slice(0, 12)}${modified ? ' with changes' : ''} of ${committed_at.slice(0, 10)}`;
}

function readBuild(file: string): BuiltFrom | undefined {
  // A checkout may have a dist/ from a build of its own, without this file.
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8')) as BuiltFrom; // Our own file, written by tools/release.
}
