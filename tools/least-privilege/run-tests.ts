import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';

/** A test of a file, whose path is relative to the repository. */
export interface NamedTest {
  readonly file: string;
  /** With those of what it stands in, as vitest's filter takes it; empty where it was no test of the file, but its preparation. */
  readonly name: string;
}

/** How tests ended. `broke off`: by themselves they never did, or left no report. */
export type TestsEnd =
  | { readonly how: 'passed'; readonly skipped: number }
  | { readonly how: 'failed'; readonly first: NamedTest; readonly message: string }
  | { readonly how: 'broke off' };

/** Enough for the tests of the node that takes longest, on a machine that is busy. */
const longestMs = 1_800_000;

/** The test files that are about a plugin: its own, and those named after it; `docker-compose.test.ts` is none of `docker`. */
export function testsOf(plugin: string, root: string): readonly string[] {
  const names = readdirSync(join(root, 'plugins'));
  const isAbout = (file: string): boolean => {
    const candidates = names.filter((name) => file === `${name}.test.ts` || file.startsWith(`${name}-`));
    return candidates.toSorted((one, other) => other.length - one.length)[0] === plugin;
  };
  const builtIn = readdirSync(join(root, 'agent/built-in')).filter(isAbout);
  return [
    ...builtIn.map((name) => `agent/built-in/${name}`),
    ...globSync(`plugins/${plugin}/**/*.test.ts`, { cwd: root }),
  ];
}

/** A test that fails is run again: one may have failed since the machine is busy. */
const retry: readonly string[] = ['--retry', '1'];

/** Runs whole files until a test fails. */
export function runFiles(files: readonly string[], root: string): Promise<TestsEnd> {
  return run([...retry, '--bail', '1', ...files], { root });
}

/** The same to the end, with variables of its own. */
export function runWholly(
  files: readonly string[],
  root: string,
  environment: Readonly<Record<string, string>>,
): Promise<TestsEnd> {
  return run([...retry, ...files], { root, environment });
}

/** Runs single tests until one fails; each that isn't there any more counts as passed. */
export function runNamed(tests: readonly NamedTest[], root: string): Promise<TestsEnd> {
  const names = tests.map(({ name }) => name.replaceAll(/[^\p{L}\p{N} ]/gu, String.raw`\$&`));
  // A file's preparation is carried out for any of its tests.
  const pattern = names.includes('') ? '' : `^(?:${names.join('|')})$`;
  return run([...retry, '--bail', '1', `--testNamePattern=${pattern}`, ...new Set(tests.map(({ file }) => file))], {
    root,
  });
}

interface Where {
  readonly root: string;
  readonly environment?: Readonly<Record<string, string>>;
}

async function run(args: readonly string[], { root, environment = {} }: Where): Promise<TestsEnd> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const report = join(root, 'report.json');
  rmSync(report, { force: true });
  const child = spawn(process.execPath, [vitest, 'run', '--reporter', 'json', '--outputFile', report, ...args], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: 'ignore',
    timeout: longestMs,
    killSignal: 'SIGKILL',
  });
  const [code] = await once(child, 'exit');
  if (!existsSync(report)) return { how: 'broke off' };
  // Vitest's own report.
  const read = JSON.parse(readFileSync(report, 'utf8')) as Report;
  if (code === 0) return { how: 'passed', skipped: read.numPendingTests ?? 0 };
  return firstFailure(read, root) ?? { how: 'broke off' };
}

interface Report {
  readonly numPendingTests?: number;
  readonly testResults?: readonly Json[];
}

/** The first test that failed, else the first file that did, as one does whose preparation fails. */
function firstFailure({ testResults = [] }: Report, root: string): TestsEnd | undefined {
  const files = testResults.filter(isJsonObject).map((file) => ({
    file: relative(root, textOf(file['name'])),
    status: file['status'],
    message: textOf(file['message']),
    tests: Array.isArray(file['assertionResults']) ? file['assertionResults'].filter(isJsonObject) : [],
  }));
  for (const { file, tests } of files) {
    const failed = tests.find(({ status }) => status === 'failed');
    if (failed === undefined) continue;
    const { failureMessages: messages } = failed;
    const message = firstLine(textOf(Array.isArray(messages) ? messages[0] : undefined));
    return { how: 'failed', first: { file, name: fullNameOf(failed) }, message };
  }
  const failed = files.find(({ status }) => status === 'failed');
  return failed && { how: 'failed', first: { file: failed.file, name: '' }, message: firstLine(failed.message) };
}

/** As vitest's filter knows it. */
function fullNameOf({ ancestorTitles: above, title }: JsonObject): string {
  return [...(Array.isArray(above) ? above : []), title].map(textOf).join(' > ');
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
