// `npm run test:monitoring`: checks the alert rules, and runs their cases, with Prometheus' own promtool.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', 'deploy', 'monitoring');
const promtool = process.env['WATERFLOW_PROMTOOL'] ?? 'promtool';

/** Gives the exit code; undefined where there is no such program. */
function run(argv: readonly string[]): number | undefined {
  const { status, error } = spawnSync(promtool, argv, { cwd: folder, stdio: 'inherit' });
  if (error === undefined) return status ?? 1;
  if ('code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}

const commands = [
  ['--version'],
  ['check', 'rules', '--lint=all', '--lint-fatal', 'alerts.yaml'],
  ['test', 'rules', 'alerts.test.yaml'],
];
for (const argv of commands) {
  const code = run(argv);
  if (code === undefined) {
    process.stdout.write(
      `skipped: there is no ${promtool}. Debian has it in its package prometheus; or set WATERFLOW_PROMTOOL.\n`,
    );
    break;
  }
  if (code !== 0) process.exit(code);
}
