import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundle,
} from '@temporalio/worker';
import { failureConverterPath } from '../data-converter.ts';
import { activities } from './activities.ts';

/** A client and a worker that share a converter. */
export interface World extends AsyncDisposable {
  readonly client: Client;
  readonly queue: string;
}

/** Where a world is, and how it hands data to Temporal. */
export interface WorldOptions {
  readonly address: string;
  readonly queue: string;
  readonly workflows: WorkflowBundle;
  readonly converter: DataConverter;
}

/** The test's workflows as one script. */
export async function bundleTestWorkflows(): Promise<WorkflowBundle> {
  quiet();
  const workflowsPath = fileURLToPath(new URL('./workflows.ts', import.meta.url));
  return await bundleWorkflowCode({ workflowsPath, failureConverterPath, logger: new DefaultLogger('ERROR') });
}

/** Starts a worker on a queue. Disposing it waits until it has stopped. */
export async function openWorld({ address, queue, workflows, converter }: WorldOptions): Promise<World> {
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue: queue,
    workflowBundle: workflows,
    activities,
    dataConverter: converter,
    // Each workflow task replays the whole history: places have to be found again then.
    maxCachedWorkflows: 0,
    maxHeartbeatThrottleInterval: 1,
    defaultHeartbeatThrottleInterval: 1,
  });
  const running = worker.run();
  const clientConnection = await Connection.connect({ address });
  return {
    client: new Client({ connection: clientConnection, dataConverter: converter }),
    queue,
    async [Symbol.asyncDispose]() {
      worker.shutdown();
      await running;
      await clientConnection.close();
      await connection.close();
    },
  };
}

/** The SDK's log would show the failures that tests provoke; its signal handlers would keep the process alive. */
function quiet(): void {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined), shutdownSignals: [] });
}
