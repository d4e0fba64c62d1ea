import type { Client } from '@temporalio/client';
import type { JobKey, JsonObject, RunId } from '../../schemas/index.ts';
import type { Projection } from '../../storage/projection/port.ts';
import { killedKey, killValue } from '../driving/kill-mark.ts';
import { groupKey } from '../machine/index.ts';
import type { RunInfo } from '../port.ts';
import type { Agents } from './agents.ts';
import type { FollowedRun } from './followed-run.ts';
import { type FollowedRuns, infoOf, shownKey } from './followed-runs.ts';
import { type CarriedJob, type EngineActivities, type GroupRequest, names } from './protocol.ts';

/** What workflows have done beside a server. */
export interface EngineActivityParts {
  readonly client: Client;
  readonly projection: Projection;
  readonly runs: FollowedRuns;
  readonly agents: Agents;
  /** Lists would show the run so from now on. */
  readonly changed: (info: RunInfo) => Promise<void>;
}

/** The activities of the worker that carries out runs, jobs and groups. */
export function createEngineActivities({
  client,
  projection,
  runs,
  agents,
  changed,
}: EngineActivityParts): EngineActivities {
  const shown = new Map<RunId, string>();
  /** Keeps what lists show, where that is new. */
  const show = async (run: RunId): Promise<void> => {
    const followed = await runs.upToDate(run);
    if (followed.machines.run.state === 'created') return;
    const info = infoOf(followed, await runs.killed(run));
    const text = JSON.stringify(info);
    if (shown.get(run) === text) return;
    shown.set(run, text);
    const kept = keep(info, { text, sequence: followed.sequence });
    // That a run goes on is shown again with whatever it does next, should this process be gone before: no job waits for that.
    if (info.status === 'running') kept.catch(() => {});
    else await kept;
  };
  const keep = async (
    info: RunInfo,
    { text, sequence }: { readonly text: string; readonly sequence: number },
  ): Promise<void> => {
    const { run, ended_at } = info;
    let isKept = false;
    try {
      // All of it is JSON; interfaces only lack JsonObject's index signature.
      await projection.set(run, shownKey, info as unknown as JsonObject, sequence);
      await changed(info);
      isKept = true;
    } finally {
      if ((!isKept || ended_at !== undefined) && shown.get(run) === text) shown.delete(run);
    }
  };
  return {
    async project(report) {
      const instead = await projection.append(report);
      await show(report.run);
      return instead;
    },
    async jobOf(run, job, { ran }) {
      const followed = await (ran ? runs.upToDate(run) : runs.opened(run));
      return { plan: followed.machines.plan, ...(ran ? leftOf(followed, job) : {}) };
    },
    async killed(run, killed) {
      await projection.set(run, killedKey, killValue(killed), await projection.last(run));
      await show(run);
    },
    hosts: async (queue) => (await agents.serving(queue)).map(({ name }) => name),
    serving: async (queue, host) => (await agents.serving(queue, host)).length,
    tellGroup: (request) => tellGroup(client, request),
  };
}

function leftOf(followed: FollowedRun, job: JobKey): { readonly before?: CarriedJob } {
  const state = followed.machines.job(job);
  return state === undefined ? {} : { before: { state, sequence: followed.countOf(job), at: followed.at } };
}

async function tellGroup(client: Client, request: GroupRequest): Promise<void> {
  const { tenant, group } = request;
  await client.workflow.signalWithStart(names.groupWorkflow, {
    workflowId: `group/${JSON.stringify([tenant, groupKey(group)])}`,
    taskQueue: names.engineQueue,
    args: [{ version: 1, group }],
    signal: names.eventSignal,
    signalArgs: [request],
  });
}
