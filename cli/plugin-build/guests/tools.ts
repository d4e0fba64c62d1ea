import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { WaterflowFailure } from '../../../schemas/index.ts';
import { inOneLine, type Mistake } from '../mistakes.ts';

/** Variables of the environment in which compilers are found and run. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A program with its first arguments, as `python3 -m ziglang`. */
export type Program = readonly [command: string, ...args: string[]];

/** How a compiler ended. */
export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Of each stream; a compiler that says more than this has said enough. */
const mostOutputCharacters = 4 * 1024 * 1024;

/** The absolute path of a program of PATH; undefined where there is none. */
export function findProgram(name: string, env: Environment): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Runs a compiler to its end, without input. */
export function runProgram(
  [command, ...first]: Program,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Environment },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...first, ...args], {
      cwd: options.cwd,
      // English, so that what went wrong can be found in what is said.
      env: { ...options.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const collect = (stream: NodeJS.ReadableStream): (() => string) => {
      let text = '';
      stream.setEncoding('utf8').on('data', (more: string) => {
        text = (text + more).slice(0, mostOutputCharacters);
      });
      return () => text;
    };
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    child.on('error', (cause) =>
      reject(toolchainMissing(`${command} can't be started: ${cause.message}`, 'See that it can be run.')),
    );
    child.on('close', (code) => resolve({ exitCode: code ?? 1, stdout: stdout(), stderr: stderr() }));
  });
}

/** A compiler, or what it needs, isn't there. */
export function toolchainMissing(message: string, remedy: string): WaterflowFailure {
  return new WaterflowFailure({ code: 'TOOLCHAIN_MISSING', message, remedy });
}

/** The failure of a build. Without a mistake that could be read, `said` is what the compiler printed. */
export function buildFailed(mistakes: readonly Mistake[], said: string): WaterflowFailure {
  const general = { message: lastOf(said), remedy: 'Correct what the compiler names, and build again.' };
  const [first = general, ...others] = mistakes;
  const { message: _told, remedy = 'Correct that place, and build again.', ...place } = first;
  return new WaterflowFailure({ code: 'BUILD_FAILED', message: inOneLine([first, ...others]), remedy, ...place });
}

function lastOf(said: string): string {
  const text = said.trim();
  return text === '' ? 'the compiler failed and said nothing' : text.slice(-2000);
}

/** Errors as most compilers write them: `FILE:LINE:COLUMN: error: MESSAGE`, or without the word where `isErrorWord` is false. */
export function mistakesIn(said: string, { word }: { readonly word: 'error' | 'any' }): readonly Mistake[] {
  const pattern = /^(?:\.\/)?([^\s:][^:\n]*):(\d+):(\d+): (?:(fatal error|error|warning|note): )?(.+)$/gm;
  return [...said.matchAll(pattern)].flatMap(([, file = '', line, column, kind, message = '']) => {
    const isError = kind === undefined ? word === 'any' : kind.endsWith('error');
    return isError ? [{ message, file, line: Number(line), column: Number(column) }] : [];
  });
}
