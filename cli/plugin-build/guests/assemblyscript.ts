import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type GuestLanguage, withFile } from './guest-builder.ts';
import {
  buildFailed,
  type Environment,
  findProgram,
  type Mistake,
  type Program,
  runProgram,
  toolchainMissing,
} from './tools.ts';

const entry = 'assembly/index.ts';

/** AssemblyScript, with the settings of the plugin's own asconfig.json. */
export const assemblyScript: GuestLanguage = {
  language: 'AssemblyScript',
  isUsedIn: withFile(entry),
  // Tests, which no build reads, lie in tests/.
  sourcesIn: (files) =>
    files.flatMap(({ path }) => (/\.ts$|^asconfig\.json$/.test(path) && !path.startsWith('tests/') ? path : [])),
  compile: async ({ folder, env, output }) => {
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
