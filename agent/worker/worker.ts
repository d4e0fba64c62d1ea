import { type NativeConnection, Worker } from '@temporalio/worker';
import { agentQueue } from './protocol.ts';
import { createJobSlots } from './slots.ts';
import { AgentWork, type AgentWorkOptions } from './work.ts';

/** What an agent connects with and serves. */
export interface AgentOptions extends Omit<AgentWorkOptions, 'slots'> {
  /** Its own: two agents on one connection are one to Temporal. */
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** How many jobs at a time on each queue. */
  readonly queues: Readonly<Record<string, number>>;
  /** How long running steps may go on when it is asked to stop, in ms. */
  readonly graceMs: number;
}

/** An agent that takes work. */
export interface Agent {
  /** Takes no more claims; running steps have their grace. Resolves when all has ended. */
  stop(): Promise<void>;
  /** Resolves when it has stopped; rejects where it broke. */
  readonly stopped: Promise<void>;
}

/** Starts an agent: a worker for each of its queues, which takes claims, and one for what belongs to them. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const { connection, namespace, name, queues, graceMs } = options;
  const slots = new Map(Object.entries(queues).map(([queue, count]) => [queue, createJobSlots(count)]));
  const work = new AgentWork({ ...options, slots });
  const { claim, ...others } = work.activities;
  const common = {
    connection,
    namespace,
    shutdownGraceTime: graceMs,
    // Whoever cancels a step waits for it: what it was told must arrive soon.
    maxHeartbeatThrottleInterval: 500,
    defaultHeartbeatThrottleInterval: 500,
    identity: name,
  };
  const own = await Worker.create({
    ...common,
    taskQueue: agentQueue(name),
    activities: { claim, ...others },
    maxConcurrentActivityTaskExecutions: 1000,
  });
  const serving = await Promise.all(
    [...slots].map(([queue, { supplier }]) =>
      Worker.create({
        ...common,
        taskQueue: queue,
        activities: { claim },
        tuner: {
          activityTaskSlotSupplier: supplier,
          workflowTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
          localActivityTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
          nexusTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
        },
      }),
    ),
  );
  const workers = [...serving, own];
  const serve = async (): Promise<void> => {
    await using _work = work;
    await Promise.all(workers.map((worker) => worker.run()));
  };
  const stopped = serve();
  // Whoever only stops it must not get an unhandled rejection.
  stopped.catch(() => {});
  return {
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await stopped;
    },
    stopped,
  };
}
