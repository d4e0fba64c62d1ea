/** The clients that are tried, and what each needs. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { build } from 'esbuild';
import { type Driver, startDriver } from './driver.ts';
import { openPage } from './page.ts';
import type { World } from './stage.ts';

const folder: string = join(import.meta.dirname, '..');
const typescript = join(folder, 'typescript', 'testing', 'main.ts');

/** The clients. */
export type ClientName = 'node' | 'node-20' | 'deno' | 'chromium' | 'python' | 'python-async';

/** Starts a client that talks to a world. `program`: of Python, an interpreter that has the package; of others what runs them. */
export async function startClient(
  name: ClientName,
  { url, keys }: World,
  program: string = process.execPath,
): Promise<Driver> {
  if (name === 'chromium') return await openPage({ url, keys, program });
  const driver = join(folder, 'python', 'testing', 'driver.py');
  const commands = {
    node: [process.execPath, typescript],
    'node-20': [program, await bundled()],
    deno: [program, 'run', '--no-config', '--allow-net', typescript],
    python: [program, driver, 'sync'],
    'python-async': [program, driver, 'async'],
  } as const satisfies Readonly<Record<Exclude<ClientName, 'chromium'>, readonly [string, ...string[]]>>;
  return startDriver({ command: commands[name], url, keys });
}

/** One file of JavaScript, for a Node that strips no types. */
async function bundled(): Promise<string> {
  const outfile = join(mkdtempSync(join(tmpdir(), 'waterflow-client-')), 'main.mjs');
  await build({ entryPoints: [typescript], bundle: true, platform: 'node', format: 'esm', target: 'node20', outfile });
  return outfile;
}

/** What the package in Python needs, beside its source: an interpreter that finds both. */
export function borrowPython(): string {
  const needed = mkdtempSync(join(tmpdir(), 'waterflow-client-'));
  run('python3', ['-m', 'pip', 'install', ...quiet, '--target', needed, 'httpx']);
  const interpreter = join(needed, 'python');
  const path = [join(folder, 'python', 'src'), needed].join(delimiter);
  writeFileSync(interpreter, `#!/bin/sh\nPYTHONDONTWRITEBYTECODE=1 PYTHONPATH='${path}' exec python3 "$@"\n`, {
    mode: 0o755,
  });
  return interpreter;
}

/** Installs the package in Python as its users do, as a wheel, into an environment of its own, with `others`. Returns its interpreter. */
export function installPython(python: string, others: readonly string[] = []): string {
  const environment = mkdtempSync(join(tmpdir(), 'waterflow-client-'));
  const wheels = join(environment, 'wheels');
  const interpreter = join(environment, 'bin', 'python');
  run(python, ['-m', 'venv', environment]);
  run(interpreter, ['-m', 'pip', 'wheel', ...quiet, '--no-deps', '--wheel-dir', wheels, join(folder, 'python')]);
  const [wheel = ''] = readdirSync(wheels);
  run(interpreter, ['-m', 'pip', 'install', ...quiet, join(wheels, wheel), ...others]);
  return interpreter;
}

const quiet = ['--quiet', '--disable-pip-version-check', '--no-cache-dir'];

/** Runs a command to its end, and returns what it printed. Throws where it fails. */
export function run(command: string, argv: readonly string[], cwd?: string): string {
  const { status, stdout, stderr } = spawnSync(command, argv, { encoding: 'utf8', cwd });
  if (status !== 0) throw new Error(`${command} ${argv.join(' ')}:\n${stdout}${stderr}`);
  return stdout;
}
