import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { loadPlugin } from '../../runtime/manifest/index.ts';
import { type AbsolutePath, isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import { type Narrowing, narrowingsOf } from './narrowings.ts';

/** What became of a plugin that was given less than it asks for. */
export interface NarrowingResult {
  readonly plugin: string;
  readonly what: string;
  /** `needed`: a test failed. `not needed`: all passed. `no manifest`: it is none without that. `unknown`: the tests came to no end. */
  readonly verdict: 'needed' | 'not needed' | 'no manifest' | 'unknown';
  /** The test that failed first. */
  readonly noticed_by?: string;
}

/** Which plugins and permissions, and whom to tell. */
export interface TryOptions {
  /** A copy of the repository, whose manifests are changed, and put back. */
  readonly root: string;
  readonly plugins: readonly string[];
  /** Only what begins so: `net[0]`. */
  readonly only?: string;
  readonly progress: (text: string) => void;
}

/** Tests fail with nothing taken away: what they say of less says nothing. */
export class Failing extends Error {}

/** Enough for the tests of the node that takes longest. */
const longestMs = 900_000;

/**
 * Takes one thing after the other out of each manifest, and runs the plugin's tests, of which one has to fail.
 *
 * @throws {Failing} where a plugin's tests fail as they are, or there are none.
 */
export async function tryNarrowings(options: TryOptions): Promise<readonly NarrowingResult[]> {
  const { root, plugins, only = '', progress } = options;
  const results: NarrowingResult[] = [];
  for (const plugin of plugins) {
    const file = join(root, 'plugins', plugin, 'plugin.yaml');
    const source = readFileSync(file, 'utf8');
    // Checked by the loader, below.
    const manifest = parse(source) as JsonObject;
    const permissions = manifest['permissions'];
    const chosen = (isJsonObject(permissions) ? narrowingsOf(permissions) : []).filter(({ what }) =>
      what.startsWith(only),
    );
    if (chosen.length === 0) continue;
    const tests = testsOf(plugin, root);
    const asItIs = await runTests(tests, root);
    if ('failed' in asItIs) throw new Failing(`${plugin} as it is fails: ${asItIs.failed}`);
    if (asItIs.how !== 'passed') throw new Failing(`the tests of ${plugin} as it is come to no end`);
    for (const narrowing of chosen) {
      writeFileSync(file, stringify(narrowed(manifest, narrowing), { aliasDuplicateObjects: false }));
      const result = { plugin, what: narrowing.what, ...(await judge(file, tests, root)) };
      writeFileSync(file, source);
      results.push(result);
      progress(lineOf(result));
    }
  }
  return results;
}

/** A line of a result. */
export function lineOf({ plugin, what, verdict, noticed_by }: NarrowingResult): string {
  return `${plugin} without ${what}: ${noticed_by === undefined ? verdict : `noticed by "${noticed_by}"`}`;
}

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

function narrowed(manifest: JsonObject, { permissions }: Narrowing): JsonObject {
  return { ...manifest, permissions };
}

async function judge(
  file: string,
  tests: readonly string[],
  root: string,
): Promise<Pick<NarrowingResult, 'verdict' | 'noticed_by'>> {
  try {
    // Below the copy, whose path is absolute.
    await loadPlugin(join(file, '..') as AbsolutePath, { origin: 'built-in' });
  } catch {
    return { verdict: 'no manifest' };
  }
  const ended = await runTests(tests, root);
  if ('failed' in ended) return { verdict: 'needed', noticed_by: ended.failed };
  return { verdict: ended.how === 'passed' ? 'not needed' : 'unknown' };
}

/** All passed, or the name of the first test that failed; else nothing can be said. */
async function runTests(
  tests: readonly string[],
  root: string,
): Promise<{ readonly failed: string } | { readonly how: 'passed' | 'broke off' }> {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const report = join(root, 'report.json');
  rmSync(report, { force: true });
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--bail', '1', '--reporter', 'json', '--outputFile', report, ...tests],
    { cwd: root, stdio: 'ignore', timeout: longestMs, killSignal: 'SIGKILL' },
  );
  const [code] = await once(child, 'exit');
  if (code === 0) return { how: 'passed' };
  const failed = failedIn(report);
  return failed === undefined ? { how: 'broke off' } : { failed };
}

/** Of vitest's JSON. */
function failedIn(report: string): string | undefined {
  if (!existsSync(report)) return undefined;
  // Vitest's own report.
  const { testResults = [] } = JSON.parse(readFileSync(report, 'utf8')) as { readonly testResults?: readonly Json[] };
  for (const file of testResults) {
    const tests = isJsonObject(file) && Array.isArray(file['assertionResults']) ? file['assertionResults'] : [];
    for (const test of tests) {
      if (isJsonObject(test) && test['status'] === 'failed' && typeof test['fullName'] === 'string')
        return test['fullName'];
    }
  }
  return undefined;
}
