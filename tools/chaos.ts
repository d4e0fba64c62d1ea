// `npm run chaos [-- ROUNDS [SEED]]`: kills runs of the command at any time, again and again, and resumes them, far more often than
// `npm test` has time for. A failure names the seed that brings the same kills again.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [rounds = '200', seed = String(randomInt(100_000))] = process.argv.slice(2);
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const { status } = spawnSync(process.execPath, [vitest, 'run', 'e2e/chaos.test.ts'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, WATERFLOW_CHAOS_ROUNDS: rounds, WATERFLOW_CHAOS_SEED: seed },
});
process.exitCode = status ?? 1;
