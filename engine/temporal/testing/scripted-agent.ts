import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';
import { type Agent, startAgent } from '../../../agent/worker/worker.ts';
import { names } from '../protocol.ts';
import type { TemporalWorld } from './temporal-world.ts';

/** As many as no test has. */
const manyJobs = 100;

/** For tests: an agent of this process on the queue `local`, whose executors are those of the world; with places for many jobs, or `jobs` at a time. */
export async function startScriptedAgent(
  world: TemporalWorld,
  given: {
    readonly name: string;
    readonly connection: NativeConnection;
    readonly client: Client;
    readonly namespace: string;
    readonly jobs?: number;
    readonly onSuperseded?: () => void;
  },
): Promise<Agent> {
  const { name, jobs = manyJobs } = given;
  return await startAgent({
    ...given,
    report: {
      name,
      session: name,
      version: '0.0.0',
      os: 'Linux',
      arch: 'X64',
      labels: [],
      confinement: 0,
      queues: { local: jobs },
      plugins: [],
      started_at: Date.now(),
    },
    engineQueue: names.engineQueue,
    graceMs: 0,
    heartbeatMs: 100,
    openExecutor: async ({ run, run_attempt: attempt = 1, tenant, plan, secrets }) => {
      const folder = join(world.root, 'agents', name, run);
      mkdirSync(folder, { recursive: true });
      // The driver's seal leaves them as they are.
      const values = secrets as Readonly<Record<string, string>>;
      const opened = { run, tenant, plan, attempt, folder, settings: {}, secretsNow: () => values };
      return await world.openExecutor(opened, [name]);
    },
    ship: ({ run, job, step, job_attempt, attempt }) => {
      let sequence = 0;
      return {
        log: (stream, text) => {
          sequence += 1;
          const at = world.clock.now();
          world.logs.append(run, { job, step, job_attempt, attempt, sequence, at, stream, text });
        },
        onHostCall: () => {},
      };
    },
  });
}
