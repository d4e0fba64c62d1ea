import type { JobDetails, RunDetails, RunInfo, StepDetails } from '../../engine/port.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import { plainLine } from '../report/text.ts';

type Status = RunInfo['status'] | JobDetails['status'] | StepDetails['status'];

const knownStatuses: ReadonlySet<string> = new Set<Status>([
  'blocked',
  'cancelled',
  'failure',
  'paused',
  'pending',
  'queued',
  'retrying',
  'running',
  'skipped',
  'success',
  'waiting',
]);

/** A run of a server's list, as our lists show runs to people. A server drives its runs by itself. */
export function runInfoOf(run: JsonObject): RunInfo {
  const { id, created_at, started_at, awaits, ...rest } = run;
  const info = {
    ...rest,
    run: id ?? '',
    created_at: started_at ?? created_at ?? '',
    driven: true,
    awaits: awaits ?? [],
  };
  // Its members have the names that the engine gives them: the API hands them on.
  return shown(info) as unknown as RunInfo;
}

/** A run of a server with its jobs and steps, which come in the order of its plan. */
export function runDetailsOf(run: JsonObject): RunDetails {
  const jobs = isJsonObject(run['jobs']) ? run['jobs'] : {};
  const details = { ...runInfoOf(run), plan: { jobs: [] }, jobs: shown(jobs) };
  // As above. Where a plan has no jobs, steps are shown in the order in which they came.
  return details as unknown as RunDetails;
}

/** What a server says, with nothing in it that a terminal would carry out, and no status that we know nothing of. */
function shown(value: Json): Json {
  if (typeof value === 'string') return plainLine(value);
  if (isJsonList(value)) return value.map(shown);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const isNewer = key === 'status' && typeof member === 'string' && !knownStatuses.has(member);
      return [plainLine(key), isNewer ? 'running' : shown(member)];
    }),
  );
}
