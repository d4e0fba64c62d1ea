/**
 * For tests: a process with a worker of the engine, which kills itself as soon as storage has a step's end, before Temporal hears what that
 * comes to. Its argument is a {@link MortalWorker} in JSON.
 */
import { readFileSync } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { openProjection } from '../../../storage/projection/index.ts';
import { createEngineWork } from '../activities.ts';
import { createAgents } from '../agents.ts';
import { FollowedRuns } from '../followed-runs.ts';
import { createEngineWorker } from '../worker.ts';
import { MemoryLogs } from './memory-logs.ts';
import type { MortalWorker } from './mortal.ts';

// Another file of these tests wrote it.
const { address, namespace, projectionFile, workflowsFile } = JSON.parse(process.argv[2] ?? '') as MortalWorker;
const projection = await openProjection({ file: projectionFile });
const client = new Client({ connection: await Connection.connect({ address }), namespace });
const { activities, keep } = createEngineWork({
  client,
  projection,
  runs: new FollowedRuns({ projection, logs: new MemoryLogs() }),
  agents: createAgents(client, Date.now),
  changed: async () => {},
});
const worker = await createEngineWorker({
  connection: await NativeConnection.connect({ address }),
  namespace,
  workflows: { code: readFileSync(workflowsFile, 'utf8') },
  client,
  activities,
  keep: async (events) => {
    const instead = await keep(events);
    if (events.events.some(({ type }) => type === 'step_finished')) process.kill(process.pid, 'SIGKILL');
    return instead;
  },
  leaving: new AbortController().signal,
});
await worker.run();
