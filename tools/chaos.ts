// `npm run chaos [-- ROUNDS [SEED]]`: kills runs of the command at any time, again and again, and resumes them, far more often than
// `npm test` has time for. A failure names the seed that brings the same kills again.
//
// `npm run chaos -- --engine temporal|embedded [--points N --seed S --json]`: has servers (and on Temporal engines, agents and Temporal
// itself, too) carry out runs, kills them at any time, and starts them again. Ends with 1 where a run isn't as if nothing had happened.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { needs } from '../e2e/require.ts';
import { type ChaosOptions, readOptions } from './chaos/options.ts';
import { reportOf, reportText } from './chaos/report.ts';
import { disturbRuns, type Watcher } from './chaos/rounds.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv);
  if (typeof options === 'string') return refuse(options);
  if (options.kind === 'commands') return killCommands(options);
  if (options.engine === 'temporal' && !(await needs('temporal'))) return 2;
  process.stderr.write(`${options.points} kills, seed ${options.seed}\n`);
  const report = reportOf(options, await disturbRuns(options, progress(options.points)));
  process.stdout.write(options.json ? `${JSON.stringify(report, undefined, 2)}\n` : reportText(report));
  return report.violations.length === 0 ? 0 : 1;
}

function killCommands({ rounds, seed }: Extract<ChaosOptions, { readonly kind: 'commands' }>): number {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const { status } = spawnSync(process.execPath, [vitest, 'run', 'e2e/chaos.test.ts'], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, WATERFLOW_CHAOS_ROUNDS: rounds, WATERFLOW_CHAOS_SEED: seed },
  });
  return status ?? 1;
}

/** A line on a terminal, nothing elsewhere. */
function progress(points: number): Watcher {
  let [kills, runs] = [0, 0];
  const show = (what: string): void => {
    if (!process.stderr.isTTY) return;
    process.stderr.write(`\r\u001B[K${kills} of ${points} kills, ${runs} runs ended; ${what}`);
    if (kills >= points && what === 'a run ended') process.stderr.write('\n');
  };
  return {
    killed: ({ kind, name }) => {
      kills += 1;
      show(kind === name ? `${name} was killed` : `${kind} ${name} was killed`);
    },
    ended: () => {
      runs += 1;
      show('a run ended');
    },
  };
}

/** Nothing was tried. */
function refuse(why: string): number {
  process.stderr.write(`${why}\n`);
  return 2;
}
