import { quote } from '../quote.ts';
import type { Report } from '../source/report.ts';
import type { Need } from './needs.ts';

/** What decides whether a job ever runs. */
export interface Reachability {
  readonly id: string;
  readonly needs: readonly Need[];
  /** Its own condition is always false; that is reported. */
  readonly isNever: boolean;
  /** It runs only if all that it needs, directly or not, succeeded. */
  readonly wantsSuccess: boolean;
}

/** Warns of jobs that wait for the success of a job that never runs, each at its need. */
export function checkUnreachable(jobs: readonly Reachability[], report: Report): void {
  const known = new Map(jobs.map((job) => [job.id, job]));
  const dependents = new Map<string, Reachability[]>();
  for (const job of jobs) {
    for (const { job: needed } of job.needs) {
      const others = dependents.get(needed);
      if (others === undefined) dependents.set(needed, [job]);
      else others.push(job);
    }
  }
  const never = new Set(jobs.filter(({ isNever }) => isNever).map(({ id }) => id));
  // Jobs below are skipped, too, or have one above them that was: success() asks about all of them.
  const open = [...never];
  const below = new Set(open);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const dependent of dependents.get(id) ?? []) {
      if (below.has(dependent.id)) continue;
      below.add(dependent.id);
      open.push(dependent.id);
    }
  }
  for (const id of below) {
    const job = known.get(id);
    const need = job?.needs.find(({ job: needed }) => below.has(needed));
    if (job === undefined || need === undefined || job.isNever || !job.wantsSuccess) continue;
    report.warning(need.span, {
      code: 'UNREACHABLE',
      message: `the job ${quote(id)} never runs: it waits for the success of ${quote(need.job)}, ${reasonOf(need.job, never)}`,
      remedy: 'Let it run whatever became of that one, with `if: always()`, or remove the need.',
    });
  }
}

function reasonOf(id: string, never: ReadonlySet<string>): string {
  return never.has(id) ? 'which never runs' : 'above which is a job that never runs';
}
