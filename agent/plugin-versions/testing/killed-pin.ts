// Keeps two versions for a run, then others for its next attempt, then nothing more, and kills itself with SIGKILL before the n-th time that it
// gives a file another name or takes one away, where a change takes effect. Arguments: the state folder, and n.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [state = '', count = ''] = process.argv.slice(2);
let left = Number(count);
const killAtZero = (): void => {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
};
for (const name of ['renameSync', 'linkSync', 'rmSync'] as const) {
  const act = fs[name] as (...args: readonly unknown[]) => unknown;
  // What it is called with is passed on as it is.
  fs[name] = (...args: readonly unknown[]) => {
    killAtZero();
    return act(...args);
  };
}
syncBuiltinESMExports();

// Only now, so that what it imports sees the functions from above.
const { keepAndRelease } = await import('./keep-and-release.ts');
await keepAndRelease(state);
