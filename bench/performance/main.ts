// `npm run performance [-- --only SCENARIO]... [-- --idle [--minutes N]]`: Waterflow beside its peers. Writes a record into bench/history/ and the page docs/performance.md; a
// summary on stdout, progress on stderr. Ends with 1 where a peer wins by more than its bound, or a limit is missed; 2 where the arguments are wrong.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench } from '../figure.ts';
import { quantity, renderTable } from '../table.ts';
import { type Comparison, comparisonsOf, exitCodeOf } from './comparison.ts';
import { contestants } from './contestants/contestants.ts';
import { endedNow, originOf, readHistory, writeRecord } from './history.ts';
import { idleMinutes, measureIdle } from './idle.ts';
import { type Limit, limitsOf } from './limits.ts';
import { measureAll } from './measure.ts';
import { packageIn } from './package.ts';
import { writePages } from './page/write.ts';
import type { ComparisonRecord, IdleRecord } from './record.ts';
import { scenarios } from './scenarios.ts';

const root = join(import.meta.dirname, '..', '..');
const usage = `npm run performance [-- --only SCENARIO]... [-- --idle [--minutes N]]; scenarios: ${scenarios.map(({ name }) => name).join(', ')}\n`;

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const options = {
    only: { type: 'string', multiple: true },
    idle: { type: 'boolean' },
    minutes: { type: 'string' },
  } as const;
  const { values } = parseArgs({ args: [...argv], options });
  const minutes = Number(values.minutes ?? idleMinutes);
  const unknown = values.only?.some((wanted) => !scenarios.some(({ name }) => name === wanted)) ?? false;
  if (unknown || !(minutes > 0)) {
    process.stderr.write(usage);
    return 2;
  }
  return await inScratch(async (bench) =>
    values.idle === true ? await idle(bench, minutes) : await compare(bench, values.only),
  );
}

async function compare(bench: Bench, only: readonly string[] | undefined): Promise<number> {
  const asked = scenarios.filter(({ name }) => only?.includes(name) ?? true);
  const origin = originOf(root);
  const found = await measureAll(contestants(packageIn(bench.scratch)), { scenarios: asked, bench });
  const record: ComparisonRecord = { kind: 'comparison', ...endedNow(origin), ...found };
  if (only === undefined) {
    bench.progress(`recorded in ${writeRecord(record)}`);
    writePages(readHistory(), { check: false });
  }
  const comparisons = comparisonsOf(record);
  process.stdout.write(summaryOf(comparisons));
  return Math.max(exitCodeOf(comparisons), told(limitsOf(record, undefined)));
}

async function idle(bench: Bench, minutes: number): Promise<number> {
  const origin = originOf(root);
  const processes = await measureIdle(bench, { minutes, launcher: packageIn(bench.scratch) });
  const record: IdleRecord = { kind: 'idle', ...endedNow(origin), seconds: minutes * 60, processes };
  bench.progress(`recorded in ${writeRecord(record)}`);
  const history = readHistory();
  // Before the first comparison there is no page yet.
  if (history.comparisons.length > 0) writePages(history, { check: false });
  return told(limitsOf(undefined, record));
}

/** Says what came of limits; 1 where one is missed. */
function told(limits: readonly Limit[]): 0 | 1 {
  const rows = limits.map(({ what, measured, most, unit, kept }) => [
    what,
    quantity(measured, unit),
    `${most} ${unit}`,
    kept ? 'kept' : 'MISSED',
  ]);
  if (rows.length > 0)
    process.stdout.write(`\n${renderTable([['limit', 'measured', 'at most', ''], ...rows]).join('\n')}\n`);
  return limits.every(({ kept }) => kept) ? 0 : 1;
}

function summaryOf(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map(({ scenario, contestant, peer, median, peerMedian, ratio, bound, outcome }) => [
    `${scenario.title}: ${contestant}, ${peer}`,
    quantity(median, scenario.unit),
    quantity(peerMedian, scenario.unit),
    `${ratio.toFixed(2)}x`,
    `${bound.most}x`,
    outcome === 'exceeded' ? 'EXCEEDED' : outcome,
  ]);
  return `${renderTable([['what', 'Waterflow', 'peer', 'ratio', 'bound', ''], ...rows]).join('\n')}\n`;
}

async function inScratch(action: (bench: Bench) => Promise<number>): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), 'waterflow-bench-'));
  const start = performance.now();
  const progress = (text: string): void =>
    void process.stderr.write(`${((performance.now() - start) / 1000).toFixed(0)} s: ${text}\n`);
  try {
    return await action({ scratch, progress });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
