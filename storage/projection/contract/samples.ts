import type { JobKey, JsonObject, RunId } from '../../../schemas/index.ts';
import type { JournalEntry, RunRecord } from '../../port.ts';
import { nextRun, someTime } from '../../records/contract/samples.ts';
import type { EventReport, Projection } from '../port.ts';

/** Any text is a key to a projection. */
export const exampleJob: JobKey = 'build (linux, 24)' as JobKey;

export function exampleRecord(run: RunId = nextRun()): RunRecord {
  return { version: 1, run, created_at: someTime, tenant: 'default', plan: { name: 'example' }, settings: { n: [1] } };
}

/** Of `count` events, numbered from `from` on. */
export function exampleReport(of: Omit<EventReport, 'events'>, count: number): EventReport {
  return { ...of, events: Array.from({ length: count }, (_, index) => exampleEvent(of.from + index)) };
}

export function exampleEvent(number: number): JsonObject {
  return { type: 'step_finished', at: someTime + number, number };
}

/** The events of one machine, in the order in which they are read. */
export function eventsOf(entries: readonly JournalEntry[], job?: JobKey): readonly JsonObject[] {
  return entries
    .filter(({ machine }) => (machine.kind === 'job' ? machine.job : undefined) === job)
    .map(({ event }) => event);
}

/** 1, 2, 3... */
export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

/** A run that was created, and nothing more. */
export async function createdRun(projection: Projection): Promise<RunId> {
  const record = exampleRecord();
  await projection.create(record);
  return record.run;
}

/** What an iteration gives, once it has ended. */
export async function allOf<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
