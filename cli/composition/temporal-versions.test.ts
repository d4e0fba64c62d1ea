import { Writable } from 'node:stream';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { afterAll, describe, expect, it } from 'vitest';
import { createLogger, format, type Logger, transports } from 'winston';
import { announce } from '../../agent/worker/presence.ts';
import { type AgentReport, agentWorkflowId } from '../../agent/worker/protocol.ts';
import { needs } from '../../e2e/require.ts';
import type { EngineWork } from '../../engine/temporal/activities.ts';
import { names } from '../../engine/temporal/protocol.ts';
import { startTemporal } from '../../engine/temporal/testing/temporal-server.ts';
import { versionOf, type WorkflowVersion } from '../../engine/temporal/versions/version.ts';
import { bundleWorkflows } from '../../engine/temporal/worker.ts';
import { runEngineWorkers } from './temporal-versions.ts';
import type { EngineWorker } from './temporal-worker.ts';

const isThere = await needs('temporal');
const temporal = isThere ? await startTemporal() : undefined;
afterAll(() => temporal?.[Symbol.asyncDispose]());

/** An agent that nobody has started: its workflow looks for it for some minutes, and needs no activities beside a server. */
const report: AgentReport = {
  name: 'missing',
  session: '1',
  version: '0.0.0',
  os: 'Linux',
  arch: 'X64',
  labels: [],
  confinement: 0,
  queues: { work: 1 },
  plugins: [],
  started_at: 0,
};

describe.skipIf(temporal === undefined)('the workers beside a server', { timeout: 180_000 }, () => {
  it('carry on what began by the release before, and take it over', async () => {
    Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
    const address = temporal?.address ?? '';
    await using opened = new AsyncDisposableStack();
    const connection = await Connection.connect({ address });
    opened.defer(() => connection.close());
    const client = new Client({ connection });
    const { code } = await bundleWorkflows();
    const [older, newer] = [versionOf(code), versionOf(`// Of another release.\n${code}`)];
    const lines: string[] = [];

    async function workersOf(version: WorkflowVersion, release: string, kept: readonly WorkflowVersion[]) {
      const native = await NativeConnection.connect({ address });
      const stack = new AsyncDisposableStack();
      stack.defer(() => native.close());
      const worker: EngineWorker = stack.use(
        runEngineWorkers({
          client,
          connected: Promise.resolve(native),
          namespace: 'default',
          // None of what is begun here asks for any.
          work: {} as EngineWork,
          version: Promise.resolve(version),
          kept: kept.map((one) => ({ id: one.id, release: '0.1.0', read: () => one })),
          release,
          dataConverter: {},
          log: logTo(lines),
          now: Date.now,
        }),
      );
      await worker.begun;
      return stack;
    }

    const before = await workersOf(older, '0.1.0', []);
    await announce(client, report, names.engineQueue);
    const version = async (): Promise<unknown> =>
      (await client.workflow.getHandle(agentWorkflowId('missing')).describe()).raw.workflowExecutionInfo?.versioningInfo
        ?.deploymentVersion?.buildId;
    await expect.poll(version).toBe(older.id);
    await before.disposeAsync();
    expect(lines).toEqual([`new runs go to the workflows of this release ${older.id}`]);

    opened.use(await workersOf(newer, '0.2.0', [older]));
    await expect.poll(version, { timeout: 150_000 }).toBe(newer.id);
    expect(lines.slice(1).toSorted()).toEqual([
      `new runs go to the workflows of this release ${newer.id}`,
      `runs go on by the workflows of an earlier release ${older.id}`,
    ]);
  });
});

function logTo(lines: string[]): Logger {
  const stream = new Writable({
    write(line: Buffer, _, done) {
      lines.push(line.toString().trim());
      done();
    },
  });
  const text = format.printf(({ message, version }) => `${String(message)} ${String(version)}`);
  return createLogger({ format: text, transports: [new transports.Stream({ stream })] });
}
