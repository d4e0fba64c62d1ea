import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { allPlans } from '../../dsl/index.ts';
import type { RunSummary } from '../../engine/port.ts';
import type { Plan } from '../../schemas/index.ts';
import { exitCodes } from '../exit-codes.ts';
import { renderSummary } from '../report/summary.ts';
import type { Terminal } from '../terminal.ts';
import { type Followed, follow } from './follow.ts';

/** The texts of workflow files, by their names in the plan. */
export type SourceTexts = ReadonlyMap<string, string>;

/** Follows a run to its end, then prints the summary where it isn't a notice already; gives the exit code. */
export async function showRun(terminal: Terminal, followed: Followed, sources: SourceTexts): Promise<number> {
  const { summary, record, interrupted } = await follow(terminal, followed);
  if (!followed.json) {
    const text = renderSummary(summary, {
      plan: followed.plan,
      sources: new Map(Array.from(sources, ([name, source]) => [name, source.split('\n')])),
      record,
      words: { run: summary.run, state: followed.state },
      colours: terminal.stdout.colours,
    });
    terminal.stdout.write(`\n${text}`);
  }
  return exitCodeOf(summary, { interrupted });
}

/** The texts that a plan was made from, without those of files that are elsewhere or others by now. */
export async function readSources(terminal: Terminal, plan: Plan): Promise<SourceTexts> {
  const sources = new Map<string, string>();
  for (const { file, source } of allPlans(plan)) {
    const bytes = await readFile(resolve(terminal.cwd, file)).catch(() => undefined);
    const digest = bytes === undefined ? '' : `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (bytes !== undefined && digest === source) sources.set(file, bytes.toString('utf8'));
  }
  return sources;
}

function exitCodeOf(summary: RunSummary, options: { readonly interrupted: boolean }): number {
  // A signal that came when everything had been done changed nothing.
  if (summary.status === 'success') return exitCodes.ok;
  return options.interrupted ? exitCodes.interrupted : exitCodes.failed;
}
