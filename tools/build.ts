// `npm run build`: compiles what the package ships into dist/. Node refuses to strip types under node_modules, so an installed
// package runs JavaScript; plugins stay TypeScript, since the agent strips their types when it loads them.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCommand } from './command-bundle.ts';
import { buildConsole } from './console-bundle.ts';
import { builtWorkflows } from '../cli/composition/temporal-bundle.ts';
import { keptFolder } from '../engine/temporal/versions/kept.ts';
import { bundleWorkflows } from '../engine/temporal/worker.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
rmSync(join(root, 'dist'), { recursive: true, force: true });
const { status } = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
if (status === 0) {
  // The workflows of the engine on Temporal are one script, which takes a second or two to make.
  writeFileSync(join(root, builtWorkflows), (await bundleWorkflows()).code);
  // What plugins find in their sandbox, by its types and by its code, what `plugin build` makes modules of TypeScript with, and whose that is.
  for (const part of [
    'guest/types',
    'guest/polyfills',
    'js-engine/engine.wasm',
    'js-engine/generated',
    'js-engine/licences',
  ]) {
    const place = join('runtime', part);
    cpSync(join(root, place), join(root, 'dist', place), { recursive: true });
  }
  await bundleCommand(root.replace(/\/$/u, ''));
  await buildConsole(join(root, 'dist', 'console'));
  if (existsSync(keptFolder)) cpSync(keptFolder, join(root, 'dist', relative(root, keptFolder)), { recursive: true });
}
