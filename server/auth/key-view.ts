import type { JsonObject } from '../../schemas/index.ts';
import type { KeyRow } from '../../storage/records/port.ts';
import { keyStatus } from './usable-keys.ts';

/** A key as people see it, in answers and with `--json`: never its hash. */
export function keyView(row: KeyRow, now: number): JsonObject {
  const { expires_at, revoked_at, last_used_at } = row;
  return {
    id: row.id,
    prefix: `wf_${row.prefix}`,
    name: row.name,
    tenant_id: row.tenant,
    role: row.role,
    status: keyStatus(row, now),
    created_at: timeText(row.created_at),
    ...(expires_at === undefined ? {} : { expires_at: timeText(expires_at) }),
    ...(revoked_at === undefined ? {} : { revoked_at: timeText(revoked_at) }),
    ...(last_used_at === undefined ? {} : { last_used_at: timeText(last_used_at) }),
  };
}

function timeText(at: number): string {
  return new Date(at).toISOString();
}
