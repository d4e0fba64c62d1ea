// Set up before all tests: with WATERFLOW_TEST_TARGET=wasm, the agents of tests have the built-in nodes as WebAssembly modules.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AbsolutePath } from '../schemas/index.ts';

/** Builds them where that is asked for; gives what removes them again. */
export default async function setup(): Promise<(() => void) | undefined> {
  if (process.env['WATERFLOW_TEST_TARGET'] !== 'wasm') return undefined;
  const { buildForWasm } = await import('../cli/plugin-build/testing/for-wasm.ts');
  // tmpdir() is absolute.
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-wasm-plugins-')) as AbsolutePath;
  await buildForWasm(join(import.meta.dirname, '../plugins'), folder);
  // As agent/executor/testing/agent.ts reads it.
  process.env['WATERFLOW_TEST_PLUGINS'] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
