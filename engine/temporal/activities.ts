import type { Client } from '@temporalio/client';
import type { JobKey, JsonObject } from '../../schemas/index.ts';
import { killedKey, killValue } from '../driving/kill-mark.ts';
import { groupKey } from '../machine/index.ts';
import type { Agents } from './agents.ts';
import type { FollowedRun } from './followed-run.ts';
import type { KeeperParts } from './keeper.ts';
import { type CarriedJob, type EngineActivities, type GroupRequest, names } from './protocol.ts';
import { createShownRuns, type ShownRunsParts } from './shown-runs.ts';

/** What workflows have done beside a server. */
export interface EngineWorkParts extends ShownRunsParts {
  readonly client: Client;
  readonly agents: Agents;
}

/** What the worker that carries out runs, jobs and groups has done for them. */
export interface EngineWork {
  readonly activities: EngineActivities;
  readonly keep: KeeperParts['keep'];
}

/** It is done over storage, where lists of runs read it. */
export function createEngineWork(parts: EngineWorkParts): EngineWork {
  const { client, projection, runs, agents } = parts;
  const show = createShownRuns(parts);
  const activities: EngineActivities = {
    async kept(machine, from) {
      const events: JsonObject[] = [];
      let number = 0;
      for await (const entry of projection.entries(machine.run)) {
        const job = entry.machine.kind === 'run' ? undefined : entry.machine.job;
        if (job !== machine.job) continue;
        number += 1;
        if (number >= from) events.push(entry.event);
      }
      return events;
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
  return {
    activities,
    async keep(events) {
      const instead = await projection.append(events);
      await show(events.run);
      return instead;
    },
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
