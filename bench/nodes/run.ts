import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, Figure } from '../figure.ts';
import { statisticOf } from '../statistics.ts';
import { openNodeAgent } from './node-agent.ts';

const samples = 300;
/** V8 compiles what runs often; these aren't counted. */
const warmUps = 50;
/** Beyond twice a bare start: the sandbox, the grant, the record, and the script's files. */
const allowanceMs = 10;

/** `run@v1` of `true` in bash, the executor alone: no journal, no engine. Beside each, bash with the same script and nothing around it. */
export async function nodeRun(bench: Bench): Promise<readonly Figure[]> {
  await using agent = await openNodeAgent(join(bench.scratch, 'agent'));
  const script = join(bench.scratch, 'script');
  writeFileSync(script, 'true');
  const [taken, bare]: [number[], number[]] = [[], []];
  for (let each = -warmUps; each < samples; each += 1) {
    const alone = await spawned(script);
    const { seconds } = await agent.step('run@v1', { script: 'true' });
    if (each < 0) continue;
    taken.push(seconds * 1000);
    bare.push(alone);
    if (taken.length % 100 === 0) bench.progress(`${taken.length} of ${samples} steps`);
  }
  return [
    {
      what: 'run@v1 of true, the executor alone',
      unit: 'ms',
      samples: taken,
      floors: [{ what: 'bare spawn of bash with a script', unit: 'ms', samples: bare }],
      budgets: [{ statistic: 'p50', most: 2 * statisticOf(bare, 'p50') + allowanceMs }],
      note: `the budget is twice a bare spawn and ${allowanceMs} ms`,
    },
  ];
}

async function spawned(script: string): Promise<number> {
  const start = performance.now();
  const [code] = await once(
    spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], { stdio: 'ignore' }),
    'exit',
  );
  if (code !== 0) throw new Error(`bash ended with ${code}`);
  return performance.now() - start;
}
