import type { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { createFence, type Fence } from './fence.ts';

/** gRPC's NOT_FOUND: the activity is over for Temporal. */
const notFound = 5;
const answerMs = 5000;
/** Activities without a heartbeat timeout are given to nobody else. */
const never = Number.POSITIVE_INFINITY;

/** The fence of an activity that runs in this agent. */
export function fenceOf({ info }: Context, client: Client): Fence {
  const { taskToken, heartbeatTimeoutMs } = info;
  return createFence({
    beat: () => beat(client, taskToken),
    lostAfterMs: heartbeatTimeoutMs ?? never,
    now: () => performance.now(),
  });
}

/** Without details: those of the SDK's own heartbeats stay what they are read by. */
async function beat(client: Client, taskToken: Uint8Array): Promise<'heard' | 'gone'> {
  const { namespace, identity } = client.options;
  try {
    await client.withDeadline(Date.now() + answerMs, () =>
      client.workflowService.recordActivityTaskHeartbeat({ namespace, identity, taskToken }),
    );
    return 'heard';
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === notFound) return 'gone';
    throw cause;
  }
}
