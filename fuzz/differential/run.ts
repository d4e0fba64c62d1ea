import { isDeepStrictEqual } from 'node:util';
import type { Terminal } from '../../cli/terminal.ts';
import { Random } from '../random.ts';
import { bothCourses } from './compare.ts';
import { scriptedWorkflow } from './workflow.ts';

/** A workflow that went another way on the engine than on the machines. */
export interface Difference {
  readonly number: number;
  /** The workflow, and both courses. */
  readonly report: string;
}

/** Runs workflows of a seed, from the number `first` up to `end`, both ways; gives those that differ. */
export async function compareRuns(
  { seed, first, end }: { readonly seed: number; readonly first: number; readonly end: number },
  terminal: Terminal,
): Promise<readonly Difference[]> {
  const differences: Difference[] = [];
  for (let number = first; number < end; number += 1) {
    const workflow = scriptedWorkflow(Random.ofCase(seed, number));
    const { simulated, real } = await bothCourses(workflow, terminal);
    if (isDeepStrictEqual(simulated, real)) continue;
    const report = [workflow.source, 'simulated:', show(simulated), 'real:', show(real), ''].join('\n');
    differences.push({ number, report });
  }
  return differences;
}

function show(course: unknown): string {
  return JSON.stringify(course, null, 2);
}
