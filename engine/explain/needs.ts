import type { JobDetails, RunDetails } from '../port.ts';

/** The key of another job of the file that a job is in: jobs of a called workflow have their callers before them. */
export function besideOf(job: string, id: string): string {
  const end = job.lastIndexOf(' / ');
  return end === -1 ? id : `${job.slice(0, end)} / ${id}`;
}

/** A job that another one needs, by its id, with all its cells or hosts; none where it hasn't any yet. */
export function neededJobs({ jobs }: RunDetails, job: string, id: string): readonly JobDetails[] {
  const key = besideOf(job, id);
  return Object.entries(jobs)
    .filter(([one]) => one === key || one.startsWith(`${key} `))
    .map(([, details]) => details);
}

/** A job that ended badly, of those that another one needs, however far before it, and the needed job by which it counts. */
export interface FailedNeed {
  /** By the ids of their file. */
  readonly need: string;
  readonly root: string;
  readonly status: 'failure' | 'cancelled';
}

/** The nearest one that failed, or was cancelled: what `failure()` or `cancelled()` goes by. */
export function failedNeedOf(run: RunDetails, job: string, status: FailedNeed['status']): FailedNeed | undefined {
  const needs = run.jobs[job]?.needs ?? [];
  let ahead = needs.map((need) => ({ need, id: need }));
  const seen = new Set(needs);
  while (ahead.length > 0) {
    const found = ahead.find(({ id }) => neededJobs(run, job, id).some((one) => one.status === status));
    if (found !== undefined) return { need: found.need, root: found.id, status };
    ahead = ahead.flatMap(({ need, id }) =>
      [...new Set(neededJobs(run, job, id).flatMap((one) => one.needs))].flatMap((further) => {
        if (seen.has(further)) return [];
        seen.add(further);
        return [{ need, id: further }];
      }),
    );
  }
  return undefined;
}
