import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import type { Client } from '@temporalio/client';
import type { WorkflowBundle } from '@temporalio/worker';
import { TemporalWorld } from '../temporal-world.ts';
import { type RecordedHistory, writeHistories } from './read.ts';
import type { Scenario } from './scenarios.ts';

/** Plays a scenario in a namespace of its own, and writes the histories of all that was executed there beside this file. Gives their number. */
export async function record(
  { name, hosts, play }: Scenario,
  place: { readonly address: string; readonly namespace: string; readonly workflows: WorkflowBundle },
): Promise<number> {
  await using world = new TemporalWorld(place);
  if (hosts !== undefined) world.hosts = hosts;
  await using engine = await world.openEngine(randomBytes);
  const client = await world.client();
  await play({ engine, client });
  const histories = await historiesIn(client);
  const file = fileURLToPath(new URL(`./${name}.json.br`, import.meta.url));
  writeFileSync(file, brotliCompressSync(writeHistories(histories)));
  return histories.length;
}

/** Lists lag behind: it is asked until everything has ended but what knows of agents, and groups. */
async function historiesIn(client: Client): Promise<readonly RecordedHistory[]> {
  const goingOn = "ExecutionStatus = 'Running' AND WorkflowType IN ('waterflowRun', 'waterflowJob')";
  while ((await client.workflow.count(goingOn)).count > 0) await new Promise((resolve) => setTimeout(resolve, 100));
  const histories: RecordedHistory[] = [];
  for await (const { workflowId, runId, type } of client.workflow.list()) {
    // What Temporal itself does in a namespace.
    if (!type.startsWith('waterflow')) continue;
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    histories.push({ workflowId, type, history });
  }
  return histories;
}
