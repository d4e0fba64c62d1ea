import { quote } from '../quote.ts';
import type { Report, Span } from '../source/report.ts';
import { suggestion } from '../suggest.ts';

/** A name under `needs:`, and where it stands. */
export interface Need {
  readonly job: string;
  readonly span: Span;
}

/** Checks that what each job needs exists, is named once, and doesn't lead back to the job. */
export function checkNeeds(jobs: ReadonlyMap<string, readonly Need[]>, report: Report): void {
  for (const [id, needs] of jobs) {
    const seen = new Set<string>();
    for (const need of needs) {
      if (seen.has(need.job)) {
        report.error(need.span, {
          code: 'DUPLICATE_ID',
          message: `${quote(id)} needs ${quote(need.job)} twice`,
          remedy: 'Remove one of them.',
        });
      }
      seen.add(need.job);
      if (!jobs.has(need.job)) {
        const others = [...jobs.keys()].filter((other) => other !== id);
        report.error(need.span, {
          code: 'UNKNOWN_NEED',
          message: `there is no job ${quote(need.job)}`,
          ...(others.length === 0 ? { remedy: 'Remove it: there is no other job.' } : suggestion(need.job, others)),
        });
      }
    }
  }
  for (const cycle of findCycles(jobs)) reportCycle(jobs, cycle, report);
}

function reportCycle(jobs: ReadonlyMap<string, readonly Need[]>, cycle: readonly string[], report: Report): void {
  const [first, second = first] = cycle;
  const need = jobs.get(first ?? '')?.find(({ job }) => job === second);
  if (first === undefined || need === undefined) return;
  const isSelf = cycle.length === 1;
  report.error(need.span, {
    code: 'NEEDS_CYCLE',
    message: isSelf
      ? `${quote(first)} needs itself`
      : `these jobs wait for each other: ${[...cycle, first].map(quote).join(' needs ')}`,
    remedy: isSelf ? 'Remove it.' : 'Remove one of these needs.',
  });
}

/**
 * One cycle for each group of jobs that wait for each other, beginning with the group's first job in the file. A walk
 * with a stack of its own: a chain of jobs can be longer than the call stack is deep.
 */
function findCycles(jobs: ReadonlyMap<string, readonly Need[]>): readonly (readonly string[])[] {
  const cycles: (readonly string[])[] = [];
  const done = new Set<string>();
  const reported = new Set<string>();
  for (const start of jobs.keys()) {
    if (done.has(start)) continue;
    const path: { readonly id: string; next: number }[] = [{ id: start, next: 0 }];
    const onPath = new Map([[start, 0]]);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const need = jobs.get(top.id)?.[top.next];
      top.next += 1;
      if (need === undefined) {
        done.add(top.id);
        onPath.delete(top.id);
        path.pop();
        continue;
      }
      const index = onPath.get(need.job);
      if (index !== undefined) {
        const cycle = path.slice(index).map(({ id }) => id);
        // A second way round through the same jobs says nothing new.
        if (!cycle.some((id) => reported.has(id))) cycles.push(cycle);
        for (const id of cycle) reported.add(id);
      } else if (jobs.has(need.job) && !done.has(need.job)) {
        onPath.set(need.job, path.length);
        path.push({ id: need.job, next: 0 });
      }
    }
  }
  return cycles;
}
