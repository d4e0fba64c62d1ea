import { fileURLToPath } from 'node:url';
import { DefaultLogger, makeTelemetryFilterString, Runtime, type WorkflowBundle } from '@temporalio/worker';
import { bundleWorkflows } from '../worker.ts';
import { startTemporal, type TestTemporal } from './temporal-server.ts';

/** A Temporal that is there for one test after the other: each has a namespace of its own, and nothing to do with what those before left. */
export interface Surroundings {
  readonly temporal: TestTemporal;
  readonly namespaces: readonly string[];
  readonly workflows: WorkflowBundle;
}

/** Starts it, for so many worlds, with further modules that intercept workflows. Once in a process. */
export async function surround(worlds: number, modules: readonly URL[] = []): Promise<Surroundings> {
  const logging = { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) };
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging }, shutdownSignals: [] });
  const namespaces = Array.from({ length: worlds }, (_, index) => `world-${index}`);
  const temporal = await startTemporal({ namespaces });
  const workflows = await bundleWorkflows(
    [new URL('./workflow-time.ts', import.meta.url), ...modules].map((module) => fileURLToPath(module)),
  );
  return { temporal, namespaces, workflows };
}
