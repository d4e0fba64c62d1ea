import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { type PluginFile, readPluginFolder } from '../../../runtime/manifest/index.ts';
import { isJsonList, isJsonObject, type Json } from '../../../schemas/index.ts';
import type { Mistake } from '../mistakes.ts';
import { type GuestLanguage, withFile } from './guest-builder.ts';
import { buildFailed, type Environment, findProgram, type Program, runProgram, toolchainMissing } from './tools.ts';

const entry = 'assembly/index.ts';

/** AssemblyScript, with the settings of the plugin's own asconfig.json. */
export const assemblyScript: GuestLanguage = {
  language: 'AssemblyScript',
  isUsedIn: withFile(entry),
  sourcesIn: sourcesOf,
  compile: async ({ folder, env, output }) => {
    requireOwnSettings(readPluginFolder(folder));
    const args = [entry, '--outFile', output, '--noColors'];
    const ended = await runProgram(findCompiler(folder, env), args, { cwd: folder, env });
    const said = ended.stderr + ended.stdout;
    if (ended.exitCode !== 0) throw buildFailed(messagesIn(said, 'ERROR'), said);
    const warnings = messagesIn(said, 'WARNING').map(
      ({ message, file, line, column }) => `${file}:${line}:${column}: ${message}`,
    );
    return { warnings };
  },
};

/** Each file of AssemblyScript, and the settings with those that they extend. Tests, which no build reads, lie in tests/. */
function sourcesOf(files: readonly PluginFile[]): readonly string[] {
  const settings = settingsIn(files);
  return files
    .map(({ path }) => path)
    .filter((path) => settings.has(path) || (path.endsWith('.ts') && !path.startsWith('tests/')));
}

/** `asconfig.json`, what it extends, what that extends, and the programs by which they transform what is compiled. */
function settingsIn(files: readonly PluginFile[]): ReadonlySet<string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const found = new Set<string>();
  let path: string | undefined = 'asconfig.json';
  while (path !== undefined && !found.has(path)) {
    found.add(path);
    const file = byPath.get(path);
    const config: Json = file === undefined ? null : jsonIn(file);
    if (!isJsonObject(config)) break;
    const targets = isJsonObject(config['targets']) ? Object.values(config['targets']) : [];
    for (const options of [config['options'], ...targets]) for (const each of transformsOf(options)) found.add(each);
    const extended: Json | undefined = config['extends'];
    // One of a package is no file of the plugin's.
    path = typeof extended === 'string' ? placeFrom(dirname(path), extended) : undefined;
  }
  return found;
}

/** Throws where settings lie outside of the folder: they would be missing where the plugin is built again. */
function requireOwnSettings(files: readonly PluginFile[]): void {
  const outside = [...settingsIn(files)].find((path) => path.startsWith('../') || isAbsolute(path));
  if (outside === undefined) return;
  const remedy = 'Move it into the folder, or make a package of it and install that.';
  throw buildFailed([{ message: `${outside} lies outside of the plugin's folder`, remedy, file: 'asconfig.json' }], '');
}

/** As the compiler takes them, from the plugin's folder. */
function transformsOf(options: Json | undefined): readonly string[] {
  const transform = isJsonObject(options) ? options['transform'] : undefined;
  const named = isJsonList(transform) ? transform : [transform];
  return named.flatMap((each) => (typeof each === 'string' ? placeFrom('.', each) : []));
}

function placeFrom(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

/** What the compiler will complain about has no settings. */
function jsonIn({ bytes }: PluginFile): Json {
  try {
    // The parser makes JSON.
    return JSON.parse(bytes.toString('utf8')) as Json;
  } catch {
    return null;
  }
}

/** The compiler that is installed for the plugin, else that of PATH. */
function findCompiler(folder: string, env: Environment): Program {
  for (let above = folder; ; above = dirname(above)) {
    const script = join(above, 'node_modules', 'assemblyscript', 'bin', 'asc.js');
    if (existsSync(script)) return [process.execPath, script];
    if (dirname(above) === above) break;
  }
  const onPath = findProgram('asc', env);
  if (onPath !== undefined) return [onPath];
  throw toolchainMissing(
    'the AssemblyScript compiler is not there',
    "Run `npm install` in the plugin's folder, or `npm install --global assemblyscript`.",
  );
}

/** `ERROR TS2322: Type ...`, its lines of source, and `in assembly/index.ts(3,9)`. */
function messagesIn(said: string, kind: 'ERROR' | 'WARNING'): readonly Mistake[] {
  const pattern = new RegExp(`^${kind} (?:[A-Z]+\\d+: )?(.+?)$([^]*?)(?=^(?:ERROR|WARNING|FAILURE)|$(?![^]))`, 'gm');
  return [...said.matchAll(pattern)].map(([, message = '', rest = '']) => {
    const place = /in (\S+)\((\d+),(\d+)\)/.exec(rest);
    if (place === null) return { message };
    return { message, file: place[1] ?? entry, line: Number(place[2]), column: Number(place[3]) };
  });
}
