import { randomBytes } from 'node:crypto';
import winston from 'winston';
import { compile } from '../../../dsl/index.ts';
import { testCatalogue } from '../../../dsl/testing/catalogue.ts';
import type { JsonObject, RunId } from '../../../schemas/index.ts';
import { openRecords, type RecordsPlace } from '../../../storage/records/index.ts';
import type { Records, RunRow, ScheduleRow } from '../../../storage/records/port.ts';
import type { ServerConfig } from '../../config.ts';
import { untouchedParts } from '../../http/untouched-parts.ts';
import { newId } from '../../ids.ts';
import { createPrometheusMetrics } from '../../metrics/prometheus.ts';
import type { ServerClock, ServerParts } from '../../parts.ts';
import { createSubmissions } from '../../runs/create-submissions.ts';
import { goingStatuses } from '../run-of-schedule.ts';
import { createScheduler, type Scheduler } from '../scheduler.ts';

/** A server's records, submissions and scheduler. No engine takes what was accepted. */
export interface Scheduling extends AsyncDisposable {
  readonly parts: Pick<ServerParts, 'records' | 'submissions' | 'clock' | 'log'>;
  readonly scheduler: Scheduler;
  /** Lets it do all that is due. */
  settle(): Promise<void>;
}

/** The same again is a server that was started anew; two at once are two servers. */
export async function openScheduling(place: RecordsPlace, clock: ServerClock): Promise<Scheduling> {
  const records = await openRecords(place);
  const log = winston.createLogger({ silent: true });
  // The dispatcher has room for none, so nothing of an engine is used.
  const { engine } = untouchedParts({} as ServerConfig);
  const submissions = createSubmissions({
    config: { activeRuns: 0, keepRunsMs: 1, keepCallsMs: 1, limits: { queuedRuns: 10_000 } },
    engine,
    records,
    nodes: testCatalogue,
    nodesFrom: () => [testCatalogue],
    log,
    metrics: createPrometheusMetrics({ process: false }),
    clock,
    randomBytes,
    settingsOf: () => ({}),
    secretsProblem: () => undefined,
  });
  const parts = { records, submissions, clock, log };
  const scheduler = createScheduler(parts);
  return {
    parts,
    scheduler,
    settle: async () => {
      while (await scheduler.tick());
    },
    [Symbol.asyncDispose]: async () => {
      await scheduler[Symbol.asyncDispose]();
      await submissions[Symbol.asyncDispose]();
      await records[Symbol.asyncDispose]();
    },
  };
}

/** Adds a schedule of a workflow that does nothing. */
export async function addSchedule(
  { records, clock }: Pick<ServerParts, 'records' | 'clock'>,
  given: Partial<ScheduleRow> & Pick<ScheduleRow, 'cron'>,
): Promise<ScheduleRow> {
  const text = 'name: nightly\njobs: { a: { steps: [{ run: "true" }] } }\n';
  const { plan } = compile(text, { file: 'w.yml', catalogue: testCatalogue });
  if (plan === undefined) throw new Error('the workflow is right');
  // Its own digest is as good as another for one plan.
  await records.runs.putPlan(plan.source, plan as unknown as JsonObject);
  const id = newId('sch');
  const row: ScheduleRow = {
    id,
    tenant: 'default',
    name: `nightly ${id}`,
    timezone: 'UTC',
    overlap: 'skip',
    catch_up_ms: 0,
    paused: false,
    plan: plan.source,
    inputs: {},
    vars: {},
    labels: {},
    created_at: clock.now(),
    created_by: 'test',
    done_until: clock.now(),
    ...given,
  };
  await records.schedules.add([row]);
  return row;
}

/** The runs of a schedule, oldest first. */
export async function runsOf(records: Records, schedule: Pick<ScheduleRow, 'id'>): Promise<readonly RunRow[]> {
  const rows: RunRow[] = [];
  let after: string | undefined;
  do {
    const page = await records.runs.list(
      { origin: { kind: 'schedule', id: schedule.id } },
      { limit: 200, ...(after === undefined ? {} : { after }) },
    );
    rows.push(...page.rows);
    after = page.next;
  } while (after !== undefined);
  return rows.reverse();
}

/** Those of them that haven't ended. */
export async function goingRuns(records: Records, { id }: Pick<ScheduleRow, 'id'>): Promise<readonly RunRow[]> {
  const origin = { kind: 'schedule', id } as const;
  return (await records.runs.list({ origin, status: goingStatuses }, { limit: 200 })).rows;
}

/** `MM-DDTHH:MM` of the starts that were carried out, in the order in which they were. */
export async function startsOf(records: Records, schedule: Pick<ScheduleRow, 'id'>): Promise<readonly string[]> {
  return (await runsOf(records, schedule)).map(({ labels }) => labels['scheduled_at']?.slice(5, 16) ?? 'triggered');
}

/** What an engine would do: the run ends now. */
export async function end(
  { records, clock }: Pick<ServerParts, 'records' | 'clock'>,
  run: RunId,
  status: 'success' | 'cancelled' = 'success',
): Promise<void> {
  await records.runs.update(run, { status, started_at: clock.now(), ended_at: clock.now() });
}

/** Ends all runs of a schedule that haven't. */
export async function endAll(
  parts: Pick<ServerParts, 'records' | 'clock'>,
  schedule: Pick<ScheduleRow, 'id'>,
): Promise<void> {
  for (const { run, ended_at } of await runsOf(parts.records, schedule))
    if (ended_at === undefined) await end(parts, run);
}
