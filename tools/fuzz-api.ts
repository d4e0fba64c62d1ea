// `npm run fuzz:api [-- --time T --only ROUND --seed S]`: has schemathesis make up requests from /openapi.json for a real server, in
// three rounds: without authentication, with `Authorization: Bearer`, and with `X-API-Key`. Ends with 1 where an answer isn't as
// the document says, and with 2 where schemathesis can't be had.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseDuration } from '../schemas/index.ts';
import { installSchemathesis } from './fuzz-api/python.ts';
import { fuzzOnce, type RoundResult } from './fuzz-api/rounds.ts';
import type { Authentication } from './fuzz-api/settings.ts';

const rounds: readonly Authentication[] = ['none', 'bearer', 'api-key'];

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      time: { type: 'string', default: '10m' },
      only: { type: 'string' },
      seed: { type: 'string' },
    },
  });
  const wholeMs = parseDuration(values.time);
  if (wholeMs === undefined) return refuse('--time is a duration, as `10m`, of all rounds together');
  const chosen = rounds.filter((round) => values.only === undefined || values.only === round);
  if (chosen.length === 0) return refuse(`--only is one of ${rounds.join(', ')}`);
  const scratch = mkdtempSync(join(tmpdir(), 'waterflow-fuzz-api-'));
  try {
    const installed = await installSchemathesis(scratch);
    if ('problem' in installed) return refuse(installed.problem);
    const results: RoundResult[] = [];
    for (const authentication of chosen) {
      process.stdout.write(`\n# Round: ${authentication}\n`);
      results.push(
        await fuzzOnce({
          command: installed.command,
          folder: join(scratch, authentication),
          authentication,
          seconds: Math.max(1, Math.round(wholeMs / 1000 / chosen.length)),
          ...(values.seed === undefined ? {} : { seed: values.seed }),
        }),
      );
    }
    process.stdout.write(`\n${results.map(summaryOf).join('\n')}\n`);
    return results.every(({ findings }) => findings === 0) ? 0 : 1;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function summaryOf({ authentication, cases, findings, operations, unreached, seconds, seed }: RoundResult): string {
  const counts = `${cases} cases in ${seconds.toFixed(0)} s, ${findings} findings, ${operations} operations`;
  // Without authentication nearly all refuse everything, as they should.
  const refused =
    authentication === 'none' || unreached.length === 0 ? '' : `\n  only refused: ${unreached.join(', ')}`;
  return `${authentication.padEnd(8)} ${counts} (seed ${seed})${refused}`;
}

/** Nothing was tried: neither clean nor not. */
function refuse(why: string): number {
  process.stderr.write(`${why}\n`);
  return 2;
}
