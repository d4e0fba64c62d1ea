import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { shownKey } from '../../engine/temporal/followed-runs.ts';
import type { RunInfo } from '../../engine/port.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { exampleRun } from '../../storage/records/contract/samples.ts';
import { openRecords } from '../../storage/records/index.ts';
import { exampleRecord } from '../../storage/projection/contract/samples.ts';
import { openProjection } from '../../storage/projection/index.ts';
import { refreshRow } from './temporal-rows.ts';

it('lists what a run on Temporal waits for, until it waits no more', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'waterflow-rows-')), 'records.sqlite');
  await using records = await openRecords({ file });
  await using projection = await openProjection({ file });
  const row = exampleRun({ status: 'running' });
  await records.runs.putPlan(row.request.plan, {});
  await records.runs.submit(row);
  await projection.create(exampleRecord(row.run));
  const shown = async (info: Partial<RunInfo>, at: number): Promise<readonly string[]> => {
    const { run, name, workflow, attempt } = row;
    const whole = { run, name, workflow, file: row.file, attempt, driven: true, created_at: '', awaits: [], ...info };
    // As the projector writes it: JSON.
    await projection.set(run, shownKey, whole as unknown as JsonObject, at);
    await refreshRow(run, { rows: records.runs, projection, now: Date.now });
    return (await records.runs.list({ awaits: 'approval' }, { limit: 10 })).rows.map((found) => found.run);
  };
  const approval = { kind: 'approval', id: 'a', name: 'ship', job: 'ship', message: 'Ship it?' };
  // Another test says what a machine gives here.
  const awaits = [approval] as unknown as RunInfo['awaits'];
  expect(await shown({ status: 'running' }, 1)).toEqual([]);
  expect(await shown({ status: 'waiting', awaits }, 2)).toEqual([row.run]);
  expect(await records.runs.get(row.run)).toMatchObject({ status: 'waiting', awaits: [approval] });
  expect(await shown({ status: 'running' }, 3)).toEqual([]);
});
