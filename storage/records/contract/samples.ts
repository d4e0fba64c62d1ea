import type { Digest, RunId } from '../../../schemas/index.ts';
import { createRunIds } from '../../run-id.ts';
import type {
  CallRow,
  IdempotencyClaim,
  KeyRow,
  RunFilter,
  RunRow,
  RunRows,
  ScheduleRow,
  WebhookRow,
} from '../port.ts';

/** Some time in 2023, in milliseconds since the epoch. */
export const someTime = 1_700_000_000_000;
const dayMs = 86_400_000;

/** A digest that is none of anything; any text is one to a store. */
export function digestNamed(name: string): Digest {
  return `sha256:${name}` as Digest;
}

/** The plan of all examples. */
export const examplePlan: Digest = digestNamed('plan');

export const nextRun: () => RunId = createRunIds({
  now: Date.now,
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
});

export function exampleRun(changes: Partial<RunRow> = {}): RunRow {
  return {
    run: nextRun(),
    tenant: 'default',
    workflow: 'Nightly build',
    name: 'Nightly build of main',
    file: 'nightly.yml',
    labels: {},
    status: 'accepted',
    attempt: 1,
    created_at: someTime,
    origin: { kind: 'api', id: 'key_1', by: 'ci' },
    request: { plan: examplePlan, inputs: {}, vars: {}, secrets: [] },
    ...changes,
  };
}

export function exampleClaim(changes: Partial<IdempotencyClaim> = {}): IdempotencyClaim & { answer: { id: string } } {
  return {
    tenant: 'default',
    key: 'order-1',
    fingerprint: digestNamed('request'),
    expires_at: someTime + dayMs,
    answer: { id: 'first' },
    ...changes,
  };
}

export function exampleKey(changes: Partial<KeyRow> = {}): KeyRow {
  return {
    id: 'key_1',
    prefix: 'wf_abcdef',
    hash: 'scrypt$16384$8$1$salt$hash',
    name: 'CI',
    tenant: 'default',
    role: 'operator',
    created_at: someTime,
    ...changes,
  };
}

export function exampleSchedule(changes: Partial<ScheduleRow> = {}): ScheduleRow {
  return {
    id: 'sch_1',
    tenant: 'default',
    name: 'nightly',
    cron: '0 3 * * *',
    timezone: 'Europe/Berlin',
    overlap: 'skip',
    catch_up_ms: 3_600_000,
    paused: false,
    plan: examplePlan,
    inputs: { branch: 'main' },
    vars: { region: 'eu' },
    labels: { team: 'infra' },
    created_at: someTime,
    created_by: 'key_1',
    done_until: someTime,
    ...changes,
  };
}

export function exampleWebhook(changes: Partial<WebhookRow> = {}): WebhookRow {
  return {
    id: 'whk_1',
    tenant: 'default',
    name: 'pushes',
    plan: examplePlan,
    vars: { region: 'eu' },
    labels: { team: 'infra' },
    sealed_secret: 'sealed',
    paused: false,
    created_at: someTime,
    created_by: 'key_1',
    ...changes,
  };
}

export function exampleCall(changes: Partial<CallRow> = {}): CallRow {
  return {
    request: 'req_1',
    at: someTime,
    tenant: 'default',
    by: 'key_1',
    method: 'POST',
    route: '/v1/workflows',
    status: 201,
    duration_ms: 12.5,
    remote: '127.0.0.1',
    ...changes,
  };
}

/** All rows of a list, page by page. */
export async function allPages<Row>(
  list: (after: string | undefined) => Promise<{ readonly rows: readonly Row[]; readonly next?: string }>,
): Promise<readonly (readonly Row[])[]> {
  const pages: (readonly Row[])[] = [];
  let after: string | undefined;
  do {
    const page = await list(after);
    pages.push(page.rows);
    after = page.next;
  } while (after !== undefined);
  return pages;
}

/** The names of the runs that a filter lets through, newest first. */
export async function namesFound(runs: RunRows, filter: RunFilter): Promise<readonly string[]> {
  const { rows } = await runs.list(filter, { limit: 100 });
  return rows.map((row) => row.name);
}
