import { join } from 'node:path';
import type { AbsolutePath } from '../../schemas/index.ts';
import { packageRoot } from '../package-root.ts';

/** A template of `waterflow plugin new`: a folder of plugin-templates/. */
export interface Template {
  readonly name: string;
  /** For whoever chooses. */
  readonly description: string;
  /** What to run in the new folder, one after another. */
  readonly next: readonly string[];
}

/** Where they lie. */
export const templatesFolder: AbsolutePath = join(packageRoot(import.meta.url), 'plugin-templates') as AbsolutePath; // Below an absolute folder.

const build = 'waterflow plugin build';
const test = 'waterflow plugin test';

/** All templates, in the order in which they are offered. */
export const templates: readonly Template[] = [
  {
    name: 'ts',
    description: 'TypeScript, run in a V8 isolate; nothing to install or build',
    next: [test, 'waterflow run workflow.yml --approve ./'],
  },
  {
    name: 'ts-wasm',
    description: 'TypeScript, compiled to WebAssembly; nothing to install',
    next: [build, test],
  },
  {
    name: 'assemblyscript',
    description: 'AssemblyScript, compiled to WebAssembly; the compiler comes from npm',
    next: ['npm install', build, test],
  },
  { name: 'rust', description: 'Rust, compiled to WebAssembly by cargo', next: [build, test] },
  { name: 'go', description: 'Go 1.24 or newer, compiled to WebAssembly', next: [build, test] },
  { name: 'c', description: 'C, compiled to WebAssembly by zig or clang', next: [build, test] },
];
