/** Inputs and outputs near their limits, on Temporal: they lie with the server, and histories stay small. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { afterAll, describe, expect, it } from 'vitest';
import { newPayloadKey } from '../engine/temporal/payloads/payload-keys.ts';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { payloadMigrations, payloadsHistory } from '../storage/payloads/schema.ts';
import { openSession } from '../storage/records/session-at.ts';
import { type Operation, type SqlRow, sql } from '../storage/records/sql.ts';
import { recordsPlaceIn } from '../storage/records/testing/places.ts';
import { folderWith } from './command.ts';
import { needs } from './require.ts';
import { askServer, endedRun } from './server-process.ts';
import { beginAgent, beginServer, type TemporalPlace, temporalPlace } from './temporal-world.ts';

const isThere = await needs('temporal');
const temporal = isThere ? await startTemporal({ namespaces: ['large', 'close'] }) : undefined;
afterAll(() => temporal?.[Symbol.asyncDispose]());

const steps = 40;

/** A run of so many steps, each with so many bytes of outputs, after one that reads an input and before one that reads an output. */
function workflowOf(outputBytes: number): string {
  const step = (index: number): string => `
      - id: s${index}
        run: |
          printf 'text=' >> "$WATERFLOW_OUTPUT"
          head -c ${outputBytes} /dev/zero | tr '\\0' 'x' >> "$WATERFLOW_OUTPUT"
          echo '-${index}' >> "$WATERFLOW_OUTPUT"`;
  return `
name: large
on: { manual: { inputs: { text: { type: string, default: '' } } } }
jobs:
  work:
    runs-on: work
    steps:
      - run: echo "input \${{ endsWith(inputs.text, 'end of input') }}"${Array.from({ length: steps }, (_, index) => step(index)).join('')}
      - run: echo "output \${{ endsWith(steps.s${steps - 1}.outputs.text, 'x-${steps - 1}') }}"
`;
}

/** The size of each execution's history, in bytes. */
async function historySizes(address: string, namespace: string): Promise<readonly number[]> {
  const connection = await Connection.connect({ address });
  try {
    // What is asked of the service itself isn't decrypted: this test needs no more than sizes.
    const { workflowService } = connection;
    const sizes: number[] = [];
    const { executions } = await workflowService.listWorkflowExecutions({ namespace, pageSize: 1000 });
    for (const { execution } of executions) {
      if (!execution) continue;
      const { workflowExecutionInfo } = await workflowService.describeWorkflowExecution({ namespace, execution });
      sizes.push(Number(workflowExecutionInfo?.historySizeBytes ?? Number.POSITIVE_INFINITY));
    }
    return sizes;
  } finally {
    await connection.close();
  }
}

/** How many payloads the server keeps. */
async function keptPayloads({ place }: Pick<TemporalPlace, 'place'>): Promise<number> {
  await using session = await openSession(await recordsPlaceIn(place.state), {
    migrations: payloadMigrations,
    history: payloadsHistory,
    now: Date.now,
  });
  const rows = await session.read('count payloads', function* (): Operation<readonly SqlRow[]> {
    return yield sql`SELECT count(*) AS count FROM run_payloads`;
  });
  return Number(rows[0]?.['count']);
}

/** Has a run end in a namespace, with all payloads encrypted; its log, the histories, and how much is kept. */
async function largeRun(namespace: 'large' | 'close', outputBytes: number) {
  if (temporal === undefined) throw new Error('there is no Temporal');
  const keys = join(folderWith({}), 'payload-keys');
  writeFileSync(keys, `${newPayloadKey()}\n`, { mode: 0o600 });
  const env = { WATERFLOW_PAYLOAD_KEYS_FILE: keys };
  const at = temporalPlace(temporal, { namespace, files: {}, env });
  const server = await beginServer(at);
  await beginAgent(at, server, env);
  const text = `${'i'.repeat(1_000_000)} end of input`;
  const sent = await askServer(server, '/v1/workflows', { workflow: workflowOf(outputBytes), inputs: { text } });
  expect(sent).toMatchObject({ status: 201 });
  const run = String(sent.body['id']);
  const ended = await endedRun(server, run);
  const log = await fetch(new URL(`/v1/workflows/${run}/logs`, server.url), { headers: { accept: 'text/plain' } });
  const kept = await keptPayloads(at);
  const sizes = await historySizes(temporal.address, namespace);
  return { at, server, ended, log: await log.text(), sizes, kept };
}

describe.skipIf(!isThere)('a run on Temporal with much data', () => {
  it('keeps what is large with the server: a megabyte of inputs, and outputs near the limit of a run', async () => {
    const { at, server, ended, log, sizes, kept } = await largeRun('large', 390 * 1024);
    expect(ended).toMatchObject({ status: 'success' });
    expect(log).toContain('input true');
    expect(log).toContain('output true');
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000_000);
    expect(kept).toBeGreaterThanOrEqual(steps);
    // It goes when the run goes.
    server.process.kill('SIGTERM');
    await server.process.ended;
    writeFileSync(join(at.place.folder, 'server.yaml'), 'keep-runs: 1s\n');
    await beginServer(at, { argv: ['--config', join(at.place.folder, 'server.yaml')] });
    await expect.poll(() => keptPayloads(at), { timeout: 90_000, interval: 1000 }).toBe(0);
  }, 400_000);

  it('goes on in new executions where what is just not large adds up', async () => {
    const { ended, log, sizes } = await largeRun('close', 60_000);
    expect(ended).toMatchObject({ status: 'success' });
    expect(log).toContain('output true');
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_000_000);
    expect(sizes.length).toBeGreaterThan(2);
  }, 400_000);
});
