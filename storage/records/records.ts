import { WaterflowFailure } from '../../schemas/index.ts';
import type { CallRows, ClaimRows, KeyRows, Records, RunRows, ScheduleRows, SourceRows, WebhookRows } from './port.ts';
import type { Session } from './session.ts';
import { sql } from './sql.ts';
import { addCalls, listCalls, removeCallsBefore } from './tables/calls.ts';
import { makeClaim, releaseClaim } from './tables/claims.ts';
import { type ContentTable, getContent, putContent, removeUnused } from './tables/contents.ts';
import { addKey, keysByPrefix, listKeys, updateKey } from './tables/keys.ts';
import { leftovers, oldestRun, removeEndedRuns, removeExpired, removeLeftovers } from './tables/retention.ts';
import {
  acceptedRuns,
  countRuns,
  getRun,
  listRuns,
  repeated,
  submit,
  unfinishedRuns,
  updateRun,
} from './tables/runs.ts';
import { addSchedules, fire, getSchedule, listSchedules, removeSchedule, updateSchedule } from './tables/schedules.ts';
import { addWebhook, deliver, getWebhook, listWebhooks, removeWebhook, updateWebhook } from './tables/webhooks.ts';

/** The records in a database that a session reaches. `now` is the time in milliseconds since the epoch. */
export function recordsOver(session: Session, now: () => number): Records {
  return {
    driver: session.driver,
    runs: runRows(session, now),
    sources: sourceRows(session, now),
    keys: keyRows(session),
    schedules: scheduleRows(session),
    webhooks: webhookRows(session),
    calls: callRows(session),
    claims: claimRows(session),
    check: () =>
      session.read('reach the records', function* () {
        yield sql`SELECT max(number) FROM waterflow_migrations`;
      }),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

function runRows(session: Session, now: () => number): RunRows {
  return {
    submit: (row, claim) => session.write('write a run', () => submit(row, claim)),
    repeated: (claim, at) => session.read('look for an idempotency key', () => repeated(claim, at)),
    get: (run) => session.read('read a run', () => getRun(run)),
    list: (filter, page) => session.read('list runs', () => listRuns(filter, page)),
    count: (filter) => session.read('count runs', () => countRuns(filter)),
    update: (run, changes) => session.write('change a run', () => updateRun(run, changes)),
    accepted: (limit) => session.read('list accepted runs', () => acceptedRuns(limit)),
    unfinished: () => session.read('list unfinished runs', unfinishedRuns),
    putPlan: (digest, plan) =>
      session.write('write a plan', () => putContent('plans', { digest, content: plan }, now())),
    getPlan: (digest) => session.read('read a plan', () => getContent('plans', digest)),
    async removeEnded(before, limit) {
      const removed = await session.write('remove ended runs', () => removeEndedRuns(before, limit));
      await session.write('remove expired claims', () => removeExpired(now(), limit));
      const unused = (table: ContentTable, column: 'plan' | 'source') => () =>
        removeUnused({ table, column }, { before, limit });
      await session.write('remove unused plans', unused('plans', 'plan')).catch(ignoreNewUse);
      await session.write('remove unused sources', unused('sources', 'source'));
      return removed;
    },
    leftovers: (limit) => session.read('list what is left of runs', () => leftovers(limit)),
    oldest: () => session.read('look for the oldest run', oldestRun),
    removeLeftovers: (runs) => session.write('forget what was left of runs', () => removeLeftovers(runs)),
  };
}

function sourceRows(session: Session, now: () => number): SourceRows {
  return {
    put: (digest, source) =>
      session.write('write a source', () => putContent('sources', { digest, content: source }, now())),
    get: (digest) => session.read('read a source', () => getContent('sources', digest)),
  };
}

/** A run that came while its plan was about to go keeps it: the database refuses, and a later call takes the others. */
function ignoreNewUse(cause: unknown): void {
  if (!(cause instanceof WaterflowFailure && cause.error.code === 'NOT_FOUND')) throw cause;
}

function keyRows(session: Session): KeyRows {
  return {
    add: (row, more) => session.write('write an API key', () => addKey(row, more)),
    byPrefix: (prefix) => session.read('look for an API key', () => keysByPrefix(prefix)),
    list: (tenant) => session.read('list API keys', () => listKeys(tenant)),
    update: (id, changes) => session.write('change an API key', () => updateKey(id, changes)),
  };
}

function scheduleRows(session: Session): ScheduleRows {
  return {
    add: (rows, claim) => session.write('write a schedule', () => addSchedules(rows, claim)),
    get: (id) => session.read('read a schedule', () => getSchedule(id)),
    list: (tenant) => session.read('list schedules', () => listSchedules(tenant)),
    update: (id, changes) => session.write('change a schedule', () => updateSchedule(id, changes)),
    remove: (id) => session.write('remove a schedule', () => removeSchedule(id)),
    fire: (id, at, run) => session.write('write the run of a schedule', () => fire(id, at, run)),
  };
}

function webhookRows(session: Session): WebhookRows {
  return {
    add: (row, claim) => session.write('write a webhook', () => addWebhook(row, claim)),
    get: (id) => session.read('read a webhook', () => getWebhook(id)),
    list: (tenant) => session.read('list webhooks', () => listWebhooks(tenant)),
    update: (id, changes) => session.write('change a webhook', () => updateWebhook(id, changes)),
    remove: (id) => session.write('remove a webhook', () => removeWebhook(id)),
    deliver: (delivery, run) => session.write('write a delivery', () => deliver(delivery, run)),
  };
}

function claimRows(session: Session): ClaimRows {
  return {
    make: (claim, of) => session.write('write an idempotency key', () => makeClaim(claim, of)),
    release: (claim) => session.write('release an idempotency key', () => releaseClaim(claim)),
  };
}

function callRows(session: Session): CallRows {
  return {
    add: (rows) => session.write('write API calls', () => addCalls(rows)),
    list: (filter, page) => session.read('list API calls', () => listCalls(filter, page)),
    removeBefore: (at, limit) => session.write('remove API calls', () => removeCallsBefore(at, limit)),
  };
}
