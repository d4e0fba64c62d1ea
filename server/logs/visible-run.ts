import { parseRunId, WaterflowFailure } from '../../schemas/index.ts';
import type { RunRow } from '../../storage/records/port.ts';
import type { Principal } from '../auth/principal.ts';
import { allTenants } from '../auth/tenant.ts';
import type { ServerParts } from '../parts.ts';

/** The run of that id. RUN_NOT_FOUND, in the same words, where there is none and where it is another tenant's. */
export async function visibleRun(
  { records }: Pick<ServerParts, 'records'>,
  principal: Principal,
  id: string,
): Promise<RunRow> {
  const run = parseRunId(id);
  const row = run === undefined ? undefined : await records.runs.get(run);
  if (row !== undefined && (principal.tenant === allTenants || principal.tenant === row.tenant)) return row;
  throw new WaterflowFailure({
    code: 'RUN_NOT_FOUND',
    message: `there is no run ${JSON.stringify(id.slice(0, 64))}`,
    remedy: 'List the runs with GET /v1/workflows.',
  });
}
