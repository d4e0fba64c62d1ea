import type { RunDetails, RunInfo } from '../../engine/port.ts';
import { isJsonObject, type JsonObject, type Plan } from '../../schemas/index.ts';

/** A run of a server's list, as our lists show runs. A server drives its runs by itself. */
export function runInfoOf(run: JsonObject): RunInfo {
  const { id, created_at, started_at, awaits, ...rest } = run;
  // The rest has the names that the engine gives it: the API hands it on.
  return {
    ...rest,
    run: id,
    created_at: started_at ?? created_at,
    driven: true,
    awaits: awaits ?? [],
  } as unknown as RunInfo;
}

/** A run of a server with its jobs and steps, which come in the order of its plan. */
export function runDetailsOf(run: JsonObject): RunDetails {
  const { jobs } = run;
  const plan: Pick<Plan, 'jobs'> = { jobs: [] };
  const details = { ...runInfoOf(run), plan, jobs: isJsonObject(jobs) ? jobs : {} };
  // As above. Where a plan has no jobs, steps are shown in the order in which they came.
  return details as unknown as RunDetails;
}
