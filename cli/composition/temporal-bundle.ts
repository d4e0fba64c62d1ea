import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { WorkflowBundle } from '@temporalio/worker';
import { bundleWorkflows } from '../../engine/temporal/worker.ts';
import { packageRoot } from '../package-root.ts';
import type { Terminal } from '../terminal.ts';

/** Where a build leaves the workflows, from the package's folder. */
export const builtWorkflows = 'dist/engine/temporal/workflows.bundle.cjs';

/** What the workflows are made of, or may be. */
const sources = '{agent/worker,dsl,engine,schemas}/**/*.{ts,js,json}';

/**
 * The script of the workflows. A package has it from its build. From source it is made anew, which takes a second or two, whenever a source
 * has changed since, and kept in the cache.
 */
export async function openWorkflows({ cache }: Pick<Terminal, 'cache'>): Promise<WorkflowBundle> {
  const root = packageRoot(import.meta.url);
  const built = join(root, builtWorkflows);
  if (!import.meta.url.endsWith('.ts') && existsSync(built)) return { code: readFileSync(built, 'utf8') };
  if (cache === undefined) return await bundleWorkflows();
  const kept = join(cache, 'workflows', `${digestOfSources(root)}.cjs`);
  if (existsSync(kept)) return { code: readFileSync(kept, 'utf8') };
  const bundle = await bundleWorkflows();
  keep(kept, bundle.code);
  return bundle;
}

function digestOfSources(root: string): string {
  const hash = createHash('sha256');
  const isTest = (path: string): boolean => path.includes('.test.') || path.includes('/testing/');
  const files = globSync(sources, { cwd: root }).filter((path) => !isTest(path));
  for (const path of files.toSorted())
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  // The package that makes the script.
  hash.update(readFileSync(createRequire(import.meta.url).resolve('@temporalio/worker/package.json')));
  return hash.digest('hex');
}

/** Several processes may do it at once. A cache that takes nothing costs time, and no more. */
function keep(file: string, code: string): void {
  const unfinished = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(unfinished, code, { mode: 0o600 });
    renameSync(unfinished, file);
  } catch {
    // It is made again next time.
  }
}
