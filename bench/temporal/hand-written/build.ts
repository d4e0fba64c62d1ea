import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { build } from 'esbuild';

/** Beside the worker's program, where it looks for them. */
const workflowBundle = 'workflows.cjs';

const nodeModules = join(import.meta.dirname, '..', '..', '..', 'node_modules');

/** Builds the worker and its workflows into a folder, as they are where a worker is deployed: nothing is compiled when it starts. The path of its program. */
export async function buildHandWritten(folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  symlinkSync(nodeModules, join(folder, 'node_modules'));
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./workflows.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
  writeFileSync(join(folder, workflowBundle), code);
  const outfile = join(folder, 'worker.mjs');
  const entry = fileURLToPath(new URL('./worker.ts', import.meta.url));
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  return outfile;
}
