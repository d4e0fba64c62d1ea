import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { NativeConnection, Worker } from '@temporalio/worker';
import type { Logger } from 'winston';
import type { EngineWork } from '../../engine/temporal/activities.ts';
import type { WorkflowVersion } from '../../engine/temporal/versions/version.ts';
import { createEngineWorker } from '../../engine/temporal/worker.ts';

/** A worker that carries out runs, for as long as it isn't disposed of. */
export interface EngineWorker extends AsyncDisposable {
  /** Goes on over another connection. */
  reconnect(connection: NativeConnection): void;
  /** True while it takes work. */
  readonly isRunning: boolean;
  /** Resolves when it takes work for the first time, or never will. */
  readonly begun: Promise<void>;
}

/** What broke is started again after so long. */
const pauseMs = 2000;

/** What a worker is made of. */
export interface EngineWorkerParts {
  readonly connected: Promise<NativeConnection | undefined>;
  readonly namespace: string;
  readonly client: Client;
  readonly work: EngineWork;
  readonly version: Promise<WorkflowVersion>;
  readonly dataConverter: DataConverter;
  readonly log: Logger;
}

/** Starts one as soon as there is a connection, and again where it breaks. */
export function runEngineWorker(parts: EngineWorkerParts): EngineWorker {
  const { namespace, client, work, dataConverter, log } = parts;
  const leaving = new AbortController();
  const begun = Promise.withResolvers<void>();
  let connection: NativeConnection | undefined;
  let worker: Worker | undefined;
  const runOnce = async (): Promise<void> => {
    if (connection === undefined) return;
    const { id: version, code } = await parts.version;
    const workflows = { code };
    const onStorageAway = (workflow: string, reason: string): void =>
      void log.warn('storage does not take what a workflow does, which waits until it does', { workflow, reason });
    const options = {
      connection,
      namespace,
      client,
      workflows,
      dataConverter,
      version,
      leaving: leaving.signal,
      onStorageAway,
    };
    worker = await createEngineWorker({ ...options, ...work });
    const running = worker.run();
    // One that was made has to be run, to be rid of it.
    if (leaving.signal.aborted) worker.shutdown();
    else begun.resolve();
    await running;
  };
  const run = async (): Promise<void> => {
    connection ??= await parts.connected;
    while (!leaving.signal.aborted) {
      try {
        await runOnce();
      } catch (cause) {
        log.error('the worker of the engine broke, and is started again', { reason: String(cause) });
      }
      worker = undefined;
      await sleep(pauseMs, undefined, { signal: leaving.signal }).catch(() => {});
    }
    begun.resolve();
  };
  const running = run();
  running.catch(() => {});
  return {
    reconnect(next) {
      connection = next;
      if (worker !== undefined) worker.connection = next;
    },
    get isRunning() {
      return worker?.getState() === 'RUNNING';
    },
    begun: begun.promise,
    async [Symbol.asyncDispose]() {
      leaving.abort();
      if (worker?.getState() === 'RUNNING') worker.shutdown();
      await running.catch(() => {});
    },
  };
}
