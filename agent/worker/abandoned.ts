import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { AgentWork, GivenClaim } from './work.ts';

/** How often an agent looks whether the jobs of its claims still go on, in ms. */
const lookMs = 30_000;

/**
 * Frees claims that nobody will release: their job's workflow is closed, because it was terminated in Temporal or its release never came
 * through; or it could not be asked for longer than the job waits for its agent, so that it has gone on elsewhere. Stops when disposed.
 */
export function freeAbandoned(work: AgentWork, client: Client, everyMs: number = lookMs): Disposable {
  let looking = false;
  /** When the job of a claim was heard of last. */
  const heard = new WeakMap<GivenClaim, number>();
  const isAbandoned = async (given: GivenClaim): Promise<boolean> => {
    const { workflow_id, lost_after_ms } = given.task;
    const at = performance.now();
    try {
      if (await isClosed(client, workflow_id)) return true;
      heard.set(given, at);
      return false;
    } catch {
      const last = heard.get(given) ?? at;
      heard.set(given, last);
      return performance.now() - last >= lost_after_ms;
    }
  };
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      for (const given of work.claims()) if (await isAbandoned(given)) await work.abandon(given);
    } catch {
      // The release failed: the next look tries again.
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => void look(), everyMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Whether a workflow has ended, or is unknown by now. Rejects where Temporal can't be asked. */
export async function isClosed(client: Client, workflow: string): Promise<boolean> {
  try {
    const { status } = await client.withDeadline(Date.now() + lookMs / 3, () =>
      client.workflow.getHandle(workflow).describe(),
    );
    return status.name !== 'RUNNING' && status.name !== 'CONTINUED_AS_NEW' && status.name !== 'PAUSED';
  } catch (cause) {
    if (cause instanceof WorkflowNotFoundError) return true;
    throw cause;
  }
}
