import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { AgentWork } from './work.ts';

/** How often an agent looks whether the jobs of its claims still go on, in ms. */
const lookMs = 30_000;

/**
 * Frees claims whose job's workflow is closed, so that nobody will release them: it was terminated in Temporal, or its release never came
 * through. What can't be asked at the moment is left. Stops when disposed.
 */
export function freeAbandoned(work: AgentWork, client: Client, everyMs: number = lookMs): Disposable {
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking) return;
    looking = true;
    try {
      for (const given of work.claims()) if (await isClosed(client, given.task.workflow_id)) await work.abandon(given);
    } catch {
      // Temporal isn't reached, or the release failed: the next look tries again.
    } finally {
      looking = false;
    }
  };
  const timer = setInterval(() => void look(), everyMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function isClosed(client: Client, workflow: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflow).describe();
    return status.name !== 'RUNNING' && status.name !== 'CONTINUED_AS_NEW' && status.name !== 'PAUSED';
  } catch (cause) {
    if (cause instanceof WorkflowNotFoundError) return true;
    throw cause;
  }
}
