// `npm test`: the whole suite, then vitest's totals as the last line. Arguments go to vitest: `npm test -- dsl`. `npm run coverage` is the same
// with the lines that it ran, which takes a tenth longer.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'waterflow-test-'));
const totals = join(scratch, 'totals.json');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const reporter = join(root, 'tools', 'totals-reporter.ts');
const given = process.argv.slice(2);
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--reporter=default', `--reporter=${reporter}`, ...given],
  { cwd: root, stdio: 'inherit', env: { ...process.env, WATERFLOW_TOTALS: totals } },
);
let line = 'no totals: vitest ended before its report';
try {
  const counts = JSON.parse(readFileSync(totals, 'utf8'));
  line = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
} catch {
  // Said by the line above, and by the exit code.
}
rmSync(scratch, { recursive: true, force: true });
process.stdout.write(`${line}\n`);
process.exitCode = status ?? 1;
