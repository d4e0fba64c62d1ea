import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync } from 'node:fs';
import { access, readdir, readFile, rename, rm } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Logger } from 'winston';
import type { ConsoleFile, ConsoleFiles } from '../../server/console/files.ts';
import { HttpProblem } from '../../server/http/problem.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * The console that the server sends. A package has it built. A checkout builds it when somebody first asks for it, once for each state of its
 * sources, in a process of its own: neither the start of the server nor what it does meanwhile waits for that.
 */
export function openConsole(log: Logger): ConsoleFiles {
  let reading: Promise<ReadonlyMap<string, ConsoleFile>> | undefined;
  const read = async (): Promise<ReadonlyMap<string, ConsoleFile>> => {
    try {
      return await filesIn(isCheckout ? await builtFromSources() : builtConsole);
    } catch (cause) {
      // The next request tries again: what was missing may be there by then.
      reading = undefined;
      log.error('the console could not be read or built', { error: String(cause) });
      throw notThere;
    }
  };
  return {
    async file(path) {
      reading ??= read();
      return (await reading).get(path);
    },
  };
}

/** Beside this file's JavaScript, in dist/. */
const builtConsole = fileURLToPath(new URL('../../console', import.meta.url));
const isCheckout = import.meta.url.endsWith('.ts');

const notThere = new HttpProblem(503, {
  code: 'SERVER_UNAVAILABLE',
  message: 'the console of this server could not be read or built',
  remedy: 'The log of the server says why. In a checkout, `npm install` brings what builds it.',
});

/** All files of the built console, in memory: some hundred kilobytes. */
async function filesIn(folder: string): Promise<ReadonlyMap<string, ConsoleFile>> {
  const assets = (await readdir(join(folder, 'assets'))).map((name) => `assets/${name}`);
  const files = ['index.html', ...assets].map(async (path) => [path, await fileAt(join(folder, path))] as const);
  return new Map(await Promise.all(files));
}

async function fileAt(path: string): Promise<ConsoleFile> {
  const bytes = await readFile(path);
  return {
    bytes,
    gzipped: await promisify(gzip)(bytes, { level: 9 }),
    type: types[extname(path)] ?? 'application/octet-stream',
  };
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of a build of the sources as they are now. */
async function builtFromSources(): Promise<string> {
  const kept = join(root, 'node_modules', '.cache', 'waterflow-console');
  const folder = join(kept, digestOfSources());
  if (await isThere(join(folder, 'index.html'))) return folder;
  mkdirSync(kept, { recursive: true });
  const made = `${folder}.${process.pid}`;
  await build(made);
  // Where another process was faster, its folder has the same.
  await rename(made, folder).catch(() => rm(made, { recursive: true, force: true }));
  return folder;
}

function digestOfSources(): string {
  const hash = createHash('sha256');
  // The language is in its worker, and examples are in its editor.
  const sources = globSync(['console/**/*', 'dsl/**/*.ts', 'schemas/*', 'examples/*.yml'], {
    cwd: root,
    withFileTypes: true,
  }).filter((entry) => entry.isFile());
  const paths = sources.map(({ parentPath, name }) => join(parentPath, name));
  for (const path of [...paths.toSorted(), join(root, 'package-lock.json'), join(root, 'tools', 'console-bundle.ts')]) {
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex').slice(0, 32);
}

function build(folder: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn(process.execPath, [join(root, 'tools', 'build-console.ts'), folder], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints = `${complaints}${text}`.slice(-10_000)));
  child.once('error', reject);
  child.once('close', (code) => {
    if (code === 0) resolve();
    else reject(new Error(`building the console ended with ${code}: ${complaints.trim()}`));
  });
  return promise;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
