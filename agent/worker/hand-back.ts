import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { type GivenUp, jobEventSignal } from './protocol.ts';
import type { AgentWork, GivenClaim } from './work.ts';

/** How long jobs that were told have to give their claims back, in ms: they do that at once where they can be reached. */
const giveBackMs = 5000;
const lookMs = 50;

/**
 * Waits until the claims have come to their end, `graceMs` at most, then tells the jobs of the others that they have no agent any more, so that
 * none waits for one that is gone, and lets them give their claims back.
 */
export async function handBack(
  work: AgentWork,
  { client, graceMs }: { readonly client: Client; readonly graceMs: number },
): Promise<void> {
  if (await isFree(work, graceMs)) return;
  await giveAllUp(work, client);
  await isFree(work, giveBackMs);
}

/** Tells the jobs of all claims that they have no agent any more. Those that are over give no claim back: it ends here. */
export async function giveAllUp(work: AgentWork, client: Client): Promise<void> {
  const giveUpOne = async (given: GivenClaim): Promise<void> => {
    try {
      await giveUp(client, given.task, 'the agent was stopped');
    } catch (cause) {
      if (cause instanceof WorkflowNotFoundError) await work.abandon(given);
    }
  };
  await Promise.allSettled(work.claims().map(giveUpOne));
}

/** Tells a job that it has no agent any more. */
export async function giveUp(
  client: Client,
  { workflow_id, job_attempt }: Pick<GivenClaim['task'], 'workflow_id' | 'job_attempt'>,
  reason: string,
): Promise<void> {
  const event: GivenUp = { type: 'agent_lost', job_attempt, reason };
  await client.withDeadline(Date.now() + giveBackMs, () =>
    client.workflow.getHandle(workflow_id).signal(jobEventSignal, event),
  );
}

async function isFree(work: AgentWork, withinMs: number): Promise<boolean> {
  const end = performance.now() + withinMs;
  while (work.claims().length > 0) {
    if (performance.now() >= end) return false;
    await sleep(lookMs);
  }
  return true;
}
