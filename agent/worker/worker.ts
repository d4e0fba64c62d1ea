import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { freeAbandoned } from './abandoned.ts';
import { giveAllUp, handBack } from './hand-back.ts';
import { announce, createPresence, type Presence } from './presence.ts';
import { type AgentBeat, type AgentReport, agentQueue } from './protocol.ts';
import { createJobSlots, type JobSlots } from './slots.ts';
import { fenceOf } from './temporal-beat.ts';
import { AgentWork, type AgentWorkOptions } from './work.ts';

/** What an agent connects with and serves. */
export interface AgentOptions extends Omit<AgentWorkOptions, 'slots' | 'name' | 'fence'> {
  /** Its own: two agents on one connection are one to Temporal. */
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly namespace: string;
  /** What it says of itself. Its name is unique in the namespace; `queues` are those that it serves, each with the jobs at a time. */
  readonly report: AgentReport;
  /** The queue of the workers that know of agents whether they are there. */
  readonly engineQueue: string;
  /** How long its jobs may go on when it is asked to stop, in ms. */
  readonly graceMs: number;
  readonly dataConverter?: DataConverter;
  /** Resolves when the agent's machine can take another job. Default: always. */
  readonly ready?: (signal: AbortSignal) => Promise<void>;
  /** Told when another agent has come under its name: this one is to stop. */
  readonly onSuperseded?: () => void;
}

/** How long an agent that stops waits for whoever knows of it, to say that it did, in ms. */
const leaveMs = 3000;

/** An agent that takes work. */
export interface Agent {
  /**
   * Takes no more claims; jobs have their grace, or `at once` none. Those that haven't ended then are told that they have no agent any more,
   * and their steps are killed. Resolves when all has ended.
   */
  stop(how?: 'in order' | 'at once'): Promise<void>;
  /** Says anew what it is, under the session that it has: its plugins are others. */
  tell(report: AgentReport): Promise<void>;
  /** Goes on over another connection. Whoever made the one before closes it. */
  reconnect(connection: NativeConnection): void;
  /** Resolves when it has stopped; rejects where it broke. */
  readonly stopped: Promise<void>;
}

/** Starts an agent: a worker for each of its queues, which takes claims, and one for what belongs to them. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { report, client, graceMs } = options;
  const slots = new Map(
    Object.entries(report.queues).map(([queue, count]) => [queue, createJobSlots(count, options.ready)]),
  );
  const fence = (activity: Parameters<typeof fenceOf>[0]) => fenceOf(activity, client);
  const onClaims: AgentWorkOptions['onClaims'] = (claims) => {
    options.onClaims?.(claims);
    there.beat();
  };
  const work = new AgentWork({ ...options, name: report.name, slots, fence, onClaims });
  const draining = new AbortController();
  const stopping = new AbortController();
  const beat = (): AgentBeat => ({
    in_use: Object.fromEntries([...slots].map(([queue, { inUse }]) => [queue, inUse])),
    jobs: work.claims().map(({ task }) => task.workflow_id),
    ...(draining.signal.aborted ? { draining: true } : {}),
  });
  const superseded = (): void => options.onSuperseded?.();
  const there = createPresence({ report, beat, draining: draining.signal, stopping: stopping.signal, superseded });
  const { serving, own } = await createWorkers(options, { work, slots, there });
  const workers = [...serving, own];
  const serve = async (): Promise<void> => {
    await using _work = work;
    using _abandoned = freeAbandoned(work, client);
    await Promise.all(workers.map((worker) => worker.run()));
  };
  const stopped = serve();
  // Whoever only stops it must not get an unhandled rejection.
  stopped.catch(() => {});
  await announce(client, report, options.engineQueue);
  const stop = async (how: 'in order' | 'at once'): Promise<void> => {
    for (const worker of serving) shutDown(worker);
    if (how === 'in order') {
      if (work.claims().length > 0) draining.abort();
      await handBack(work, { client, graceMs });
      stopping.abort();
      await Promise.race([there.left, sleep(leaveMs, undefined, { ref: false })]);
    } else {
      stopping.abort();
      await giveAllUp(work, client);
    }
    shutDown(own);
    await work.end();
    await stopped;
  };
  let stops: Promise<void> | undefined;
  return {
    stop: (how = 'in order') => (stops ??= stop(how)),
    tell: async (next) => {
      await announce(client, { ...next, session: report.session }, options.engineQueue);
      there.renew();
    },
    reconnect: (connection) => {
      for (const worker of workers) worker.connection = connection;
    },
    stopped,
  };
}

function shutDown(worker: Worker): void {
  if (worker.getState() === 'RUNNING') worker.shutdown();
}

interface AgentParts {
  readonly work: AgentWork;
  readonly slots: ReadonlyMap<string, JobSlots>;
  readonly there: Presence;
}

async function createWorkers(
  options: AgentOptions,
  { work, slots, there }: AgentParts,
): Promise<{ readonly serving: readonly Worker[]; readonly own: Worker }> {
  const { connection, namespace, report, dataConverter } = options;
  const common: Omit<WorkerOptions, 'taskQueue'> = {
    connection,
    namespace,
    shutdownGraceTime: 0,
    // Whoever cancels a step waits for it: what it was told must arrive soon.
    maxHeartbeatThrottleInterval: 500,
    defaultHeartbeatThrottleInterval: 500,
    identity: report.name,
    ...(dataConverter === undefined ? {} : { dataConverter }),
  };
  const own = Worker.create({
    ...common,
    taskQueue: agentQueue(report.name),
    activities: { ...work.activities, ...there.activities },
    maxConcurrentActivityTaskExecutions: 1000,
  });
  const serving = [...slots].map(([queue, { supplier }]) =>
    Worker.create({
      ...common,
      taskQueue: queue,
      activities: { claim: work.activities.claim },
      tuner: {
        activityTaskSlotSupplier: supplier,
        workflowTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
        localActivityTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
        nexusTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
      },
    }),
  );
  return { serving: await Promise.all(serving), own: await own };
}
