import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, loadText } from '../machine.ts';
import { quantity, renderTable } from '../table.ts';
import { type Comparison, type Judged, judge, type Row } from './row.ts';
import { cancel } from './rows/cancel.ts';
import { fleet } from './rows/fleet.ts';
import { idleAgent } from './rows/idle-agent.ts';
import { loop } from './rows/loop.ts';
import { start } from './rows/start.ts';
import { step } from './rows/step.ts';
import { throughput } from './rows/throughput.ts';

const rows: Readonly<Record<string, Row>> = {
  step,
  start,
  throughput,
  fleet,
  cancel,
  'idle-agent': idleAgent,
  loop,
};

const usage = `npm run bench -- temporal [--row NAME]... [--short] [--json]; rows: ${Object.keys(rows).join(', ')}\n`;

/** Measures the engine on Temporal beside a workflow that is written by hand; 1 where a budget is missed. */
export async function temporal(argv: readonly string[]): Promise<number> {
  const options = {
    row: { type: 'string', multiple: true },
    short: { type: 'boolean' },
    json: { type: 'boolean' },
  } as const;
  const { values } = parseArgs({ args: [...argv], options });
  const asked = values.row ?? Object.keys(rows);
  if (asked.some((name) => !Object.hasOwn(rows, name))) {
    process.stderr.write(usage);
    return 2;
  }
  const measured: Measured[] = [];
  for (const name of asked) measured.push(...(await measure(name, { short: values.short === true })));
  process.stdout.write(values.json === true ? `${JSON.stringify(measured, null, 2)}\n` : report(measured));
  return measured.every(({ kept }) => kept !== false) ? 0 : 1;
}

/** A comparison that was made, what came of it, and how busy the machine was. */
interface Measured extends Judged {
  readonly row: string;
  readonly load: string;
  readonly comparison: Comparison;
}

async function measure(name: string, { short }: { readonly short: boolean }): Promise<readonly Measured[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'waterflow-bench-'));
  const progress = (text: string): void => void process.stderr.write(`${name}: ${text}\n`);
  progress(loadText());
  try {
    const comparisons = (await rows[name]?.({ scratch, progress, short })) ?? [];
    const found = comparisons.map((comparison) => ({ row: name, load: loadText(), ...judge(comparison), comparison }));
    if (!short) write(name, found);
    return found;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function write(name: string, found: readonly Measured[]): void {
  const folder = join(import.meta.dirname, '..', 'results');
  mkdirSync(folder, { recursive: true });
  const content = { at: new Date().toISOString(), machine: describeMachine(), comparisons: found };
  writeFileSync(join(folder, `temporal-${name}.json`), `${JSON.stringify(content, null, 2)}\n`);
}

const heads = ['what', 'beside', 'by hand', 'Waterflow', 'ratio', 'n', 'budget', 'verdict'] as const;

function report(measured: readonly Measured[]): string {
  const notes = measured.flatMap(({ comparison: { what, note } }) => (note === undefined ? [] : [`${what}: ${note}`]));
  return [
    `${describeMachine()}, ${loadText()}`,
    '',
    ...renderTable([heads, ...measured.map(lineOf)]),
    ...(notes.length === 0 ? [] : ['', ...notes]),
    '',
  ].join('\n');
}

function lineOf({ comparison, waterflow, byHand, ratio, kept }: Measured): readonly string[] {
  const { what, unit, byHand: beside, budget } = comparison;
  return [
    what,
    beside?.what ?? '-',
    byHand === undefined ? '-' : quantity(byHand, unit),
    quantity(waterflow, unit),
    ratio === undefined ? '-' : `${ratio.toFixed(2)}x`,
    String(comparison.waterflow.length),
    budget?.text ?? '-',
    kept === undefined ? '-' : kept ? 'kept' : 'MISSED',
  ];
}
