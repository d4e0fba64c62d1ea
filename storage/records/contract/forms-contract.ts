import { describe, expect, it } from 'vitest';
import { openRecords } from '../open.ts';
import { migrations } from '../schema.ts';
import { openSession } from '../session-at.ts';
import { insert, type Operation, type SqlRow } from '../sql.ts';
import { toRunColumns } from '../tables/run-columns.ts';
import { keyOf } from '../text.ts';
import { exampleKey, examplePlan, exampleRun, exampleSchedule, exampleWebhook, someTime } from './samples.ts';
import type { EmptyPlace } from './store.ts';

const run = exampleRun({ labels: { team: 'web' }, status: 'running', started_at: someTime + 1 });

/** The form with which a column came, where that isn't the first. */
const since: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  runs: { awaits: 4, awaited: 4, queues: 6, source: 7 },
  schedules: { labels: 2, source: 7 },
  webhooks: { labels: 5, source: 7 },
};

/** What a program of an earlier form had written. */
function* writtenIn(form: number): Operation<void> {
  const { inputs, vars, labels, ...schedule } = exampleSchedule();
  const { vars: webhookVars, labels: webhookLabels, ...webhook } = exampleWebhook();
  const texts = { vars: JSON.stringify(vars), labels: JSON.stringify(labels), paused: 0 };
  const hookTexts = { vars: JSON.stringify(webhookVars), labels: JSON.stringify(webhookLabels), paused: 0 };
  const tables: readonly (readonly [string, SqlRow])[] = [
    ['plans', { digest: examplePlan, content: '{"name":"example"}', put_at: someTime }],
    ['runs', toRunColumns(run)],
    ['run_labels', { pair: keyOf('team', 'web'), labelled_at: run.created_at, labelled_run: run.run }],
    ['schedules', { ...schedule, ...texts, inputs: JSON.stringify(inputs) }],
    ['webhooks', { ...webhook, ...hookTexts }],
    ['api_keys', { ...exampleKey() }],
  ];
  for (const [table, row] of tables) {
    const columns = Object.entries(row).filter(([column]) => (since[table]?.[column] ?? 1) <= form);
    yield insert(table, [Object.fromEntries(columns)]);
  }
}

/** Every earlier form of the tables is brought to the present one, with all that is in them. */
export function describeForms(makePlace: () => Promise<EmptyPlace>): void {
  describe('what was written in an earlier form', () => {
    it.each(migrations.slice(0, -1).map(({ number }) => number))('%i is there in the present one', async (form) => {
      const { place, remove } = await makePlace();
      const earlier = { migrations: migrations.filter(({ number }) => number <= form), now: Date.now };
      await (async () => {
        await using session = await openSession(place, earlier);
        await session.write('write as earlier', () => writtenIn(form));
      })();
      await (async () => {
        await using records = await openRecords(place);
        const labelled = { labels: { team: 'web' } };
        expect(await records.runs.get(run.run)).toEqual(run);
        expect((await records.runs.list(labelled, { limit: 2 })).rows).toEqual([run]);
        expect(await records.runs.getPlan(examplePlan)).toEqual({ name: 'example' });
        // Labels came later than what they are of.
        expect(await records.schedules.list()).toEqual([exampleSchedule(form < 2 ? { labels: {} } : {})]);
        expect(await records.webhooks.list()).toEqual([exampleWebhook(form < 5 ? { labels: {} } : {})]);
        expect(await records.keys.list()).toEqual([exampleKey()]);

        // It goes on as any other.
        await records.runs.update(run.run, { status: 'success', ended_at: someTime + 2 });
        const queued = exampleRun({ queues: ['gpu'], created_at: someTime + 3 });
        await records.runs.submit(queued);
        expect((await records.runs.list({ queue: 'gpu' }, { limit: 2 })).rows).toEqual([queued]);
        expect(await records.runs.count({})).toEqual({ success: 1, accepted: 1 });
      })();
      await remove();
    });
  });
}
