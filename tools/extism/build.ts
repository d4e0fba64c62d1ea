import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

/** Where the plugins' sources lie. */
export const sources: string = join(import.meta.dirname, '../../runtime/testing/extism');

/** What building with one language's kit gives: its modules by name, or why there are none. */
export type Built =
  | { readonly state: 'built'; readonly modules: ReadonlyMap<string, Uint8Array> }
  | { readonly state: 'missing'; readonly reason: string; readonly remedy: string };

/** The modules of C, each of one source. */
const programs = { c: 'every_function.c', haskell: 'haskell.c', command: 'command.c' } as const;

/** A language's kit, and how a plugin is built with it in a folder of its own. */
interface Kit {
  readonly command: string;
  readonly remedy: string;
  readonly build: (folder: string) => ReadonlyMap<string, Uint8Array>;
}

export type KitName = 'rust' | 'go' | 'assemblyscript' | 'c';

const kits: Readonly<Record<KitName, Kit>> = {
  rust: {
    command: 'cargo',
    remedy: 'Install Rust from https://rustup.rs, then run `rustup target add wasm32-unknown-unknown`.',
    build: (folder) => {
      // Paths of this machine, which panics would name, are left out, so that the bytes are the same elsewhere.
      const home = process.env['CARGO_HOME'] ?? join(homedir(), '.cargo');
      const flags = [folder, home].map((path) => `--remap-path-prefix=${path}=`).join(' ');
      const target = 'wasm32-unknown-unknown';
      run('cargo', ['build', '--release', '--locked', '--target', target], { folder, env: { RUSTFLAGS: flags } });
      return read(folder, { rust: `target/${target}/release/every_function.wasm` });
    },
  },
  go: {
    command: 'go',
    remedy: 'Install Go 1.24 or newer from https://go.dev/dl.',
    build: (folder) => {
      const args = ['build', '-buildmode=c-shared', '-trimpath', '-ldflags=-s -w -buildid=', '-o', 'go.wasm', '.'];
      run('go', args, { folder, env: { GOOS: 'wasip1', GOARCH: 'wasm', GOFLAGS: '-mod=readonly' } });
      return read(folder, { go: 'go.wasm' });
    },
  },
  assemblyscript: {
    command: 'npm',
    remedy: 'Install Node from https://nodejs.org.',
    build: (folder) => {
      run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { folder });
      const out = ['--outFile', 'assemblyscript.wasm', '-O2', '--use', 'abort=assembly/index/onAbort'];
      run('npx', ['--no-install', 'asc', 'assembly/index.ts', ...out], { folder });
      return read(folder, { assemblyscript: 'assemblyscript.wasm' });
    },
  },
  c: {
    command: 'clang-19',
    remedy: 'Install clang-19 and lld-19 by your package manager.',
    build: (folder) => {
      const flags = ['--target=wasm32', '-std=c17', '-Os', '-ffreestanding', '-nostdlib', '-Wl,--no-entry,--strip-all'];
      for (const [module, source] of Object.entries(programs)) {
        run('clang-19', [...flags, '-o', `${module}.wasm`, source], { folder });
      }
      return read(folder, Object.fromEntries(Object.keys(programs).map((module) => [module, `${module}.wasm`])));
    },
  },
};

/** All of them. */
export const kitNames: readonly KitName[] = Object.keys(kits) as KitName[]; // Its own keys.

/** Builds a kit's plugin in a copy of its sources, below `scratch`. Throws Error with what the compiler said. */
export function buildWith(name: KitName, scratch: string): Built {
  const { command, remedy, build } = kits[name];
  if (
    spawnSync(command, ['--version'], { stdio: 'ignore' }).error !== undefined &&
    spawnSync(command, ['version']).error !== undefined
  )
    return { state: 'missing', reason: `${command} is not there`, remedy };
  const folder = join(scratch, name);
  mkdirSync(folder);
  cpSync(join(sources, name), folder, { recursive: true });
  return { state: 'built', modules: build(folder) };
}

/** A module that is kept beside the sources; undefined where it isn't. */
export function keptModule(name: string): Uint8Array | undefined {
  const file = join(sources, 'modules', `${name}.wasm`);
  return existsSync(file) ? readFileSync(file) : undefined;
}

function run(
  command: string,
  args: readonly string[],
  { folder, env = {} }: { readonly folder: string; readonly env?: Readonly<Record<string, string>> },
): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ended with ${status}:\n${stdout}${stderr}`);
}

function read(folder: string, files: Readonly<Record<string, string>>): ReadonlyMap<string, Uint8Array> {
  return new Map(Object.entries(files).map(([module, file]) => [module, readFileSync(join(folder, file))]));
}
