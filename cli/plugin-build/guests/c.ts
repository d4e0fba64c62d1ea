import { existsSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import type { PluginFile } from '../../../runtime/manifest/index.ts';
import type { AbsolutePath } from '../../../schemas/index.ts';
import type { Compilation, GuestLanguage } from './guest-builder.ts';
import type { Mistake } from '../mistakes.ts';
import {
  buildFailed,
  type Environment,
  findProgram,
  mistakesIn,
  type Program,
  runProgram,
  toolchainMissing,
} from './tools.ts';

/** Those of src/ are the plugin's, those of waterflow/ the guest library's. */
const sourceFolders = ['src', 'waterflow'];

/** C without a C library: by zig, which brings all that is needed, else by clang with LLVM's linker. */
export const c: GuestLanguage = {
  language: 'C',
  isUsedIn: (folder) => sourcesOf(folder, 'src').length > 0,
  sourcesIn: cSources,
  compile: async ({ folder, env, output }) => {
    const { program, target, optimize } = await findCompiler({ folder, env });
    const sources = sourceFolders.flatMap((name) => sourcesOf(folder, name));
    const args = [
      `--target=${target}`,
      ...optimize,
      ...flags,
      ...sourceFolders.map((name) => `-I${name}`),
      '-o',
      output,
      ...sources,
    ];
    const ended = await runProgram(program, args, { cwd: folder, env });
    if (ended.exitCode !== 0) throw buildFailed(mistakesOf(ended.stderr), ended.stderr);
    return { warnings: ended.stderr.split('\n').filter((line) => line.includes(': warning: ')) };
  },
};

/** All that lies in the source folders, and what these take in from elsewhere in the plugin's folder. */
export function cSources(files: readonly PluginFile[]): readonly string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const found = new Set<string>();
  const waiting = files.map(({ path }) => path).filter((path) => sourceFolders.includes(path.split('/')[0] ?? ''));
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = byPath.get(path);
    if (file === undefined || found.has(path)) continue;
    found.add(path);
    for (const [, name = ''] of file.bytes.toString('latin1').matchAll(included))
      waiting.push(...[dirname(path), ...sourceFolders].map((folder) => join(folder, name)));
  }
  return [...found].sort();
}

const included = /^[ \t]*#[ \t]*(?:include|embed)[ \t]*["<]([^">\n]+)[">]/gm;

/** What clang or zig, or the linker behind them, found wrong. */
export function mistakesOf(said: string): readonly Mistake[] {
  const [, undefinedName] = /undefined symbol: (\S+)/.exec(said) ?? [];
  if (/symbol exported via --export not found/.test(said))
    return [
      { message: 'nothing here is called run', remedy: 'Write `WF_EXPORT int run(void)`: it is what the agent calls.' },
    ];
  if (undefinedName !== undefined) {
    const remedy = 'Define it in a .c file of src/. There is no C library; waterflow.h has what there is.';
    return [{ message: `${undefinedName} is used and not defined`, remedy }];
  }
  return mistakesIn(said, { word: 'error' });
}

const flags = [
  '-std=c17',
  '-Wall',
  '-Wextra',
  '-ffreestanding',
  '-fvisibility=hidden',
  '-nostdlib',
  '-Wl,--no-entry',
  '-Wl,--export=run',
  '-Wl,--strip-all',
];

function sourcesOf(folder: AbsolutePath, name: string): readonly string[] {
  const path = join(folder, name);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((file) => file.endsWith('.c'))
    .sort()
    .map((file) => `${name}/${file}`);
}

interface Compiler {
  readonly program: Program;
  readonly target: string;
  readonly optimize: readonly string[];
}

const zigTarget = 'wasm32-freestanding';
const clangTarget = 'wasm32';
const zigOptimize = ['-Os'];
/**
 * Past clang's driver, which would run any `wasm-opt` of PATH on what it has linked: the same source would make other bytes on another machine.
 * Its `--no-wasm-opt` links nothing at all in clang 19, and older ones don't have it.
 */
const clangOptimize = ['-Xclang', '-Os'];
/** Names that distributions give to clang, the newest first; what is older can't link without help. */
const clangNames = ['clang', ...[22, 21, 20, 19, 18, 17, 16, 15, 14].map((version) => `clang-${version}`)];

async function findCompiler(places: Pick<Compilation, 'folder' | 'env'>): Promise<Compiler> {
  const zig = findProgram('zig', places.env);
  if (zig !== undefined) return { program: [zig, 'cc'], target: zigTarget, optimize: zigOptimize };
  const clang = await findClang(places);
  if (clang !== undefined) return { program: [clang], target: clangTarget, optimize: clangOptimize };
  const python = await findPythonZig(places);
  if (python !== undefined) return { program: python, target: zigTarget, optimize: zigOptimize };
  throw toolchainMissing(
    'there is neither zig nor clang with wasm-ld',
    'Install zig from https://ziglang.org/download or by `pip install ziglang`, or clang and lld by your package manager.',
  );
}

/** The first clang that finds its linker for WebAssembly. */
async function findClang({ folder, env }: Pick<Compilation, 'folder' | 'env'>): Promise<string | undefined> {
  for (const name of clangNames) {
    const clang = findProgram(name, env);
    if (clang === undefined) continue;
    const args = [`--target=${clangTarget}`, '-print-prog-name=wasm-ld'];
    const asked = await runProgram([clang], args, { cwd: folder, env });
    const linker = asked.stdout.trim();
    // It is the bare name where clang found none beside itself.
    if (asked.exitCode === 0 && (isAbsolute(linker) ? existsSync(linker) : hasProgram(linker, env))) return clang;
  }
  return undefined;
}

function hasProgram(name: string, env: Environment): boolean {
  return findProgram(name, env) !== undefined;
}

async function findPythonZig({ folder, env }: Pick<Compilation, 'folder' | 'env'>): Promise<Program | undefined> {
  const python = findProgram('python3', env);
  if (python === undefined) return undefined;
  const asked = await runProgram([python], ['-c', 'import ziglang'], { cwd: folder, env });
  return asked.exitCode === 0 ? [python, '-m', 'ziglang', 'cc'] : undefined;
}
