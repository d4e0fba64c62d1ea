import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import {
  type AgentBeat,
  type AgentReport,
  agentWorkflowId,
  isLater,
  presence,
  type PresenceActivities,
} from './protocol.ts';

/** What shows an agent as present. */
export interface PresenceParts {
  readonly report: AgentReport;
  readonly beat: () => AgentBeat;
  /** Aborts when the agent stops. */
  readonly stopping: AbortSignal;
  /** Told when another agent has come under the same name. */
  readonly superseded: () => void;
}

/** How often whoever watches the agent hears of it, in ms. */
const beatMs = 2000;
/** Before the activity's own day is over. */
const renewMs = 23 * 60 * 60 * 1000;

/** The activities by which an agent is known to be there. */
export function presenceActivities({ report, beat, stopping, superseded }: PresenceParts): PresenceActivities {
  const refuseOthers = (session: string): void => {
    if (isLater(session, report.session)) superseded();
    if (session !== report.session) throw new Error('another agent of that name has come');
  };
  return {
    greet: async (session) => {
      refuseOthers(session);
      return beat();
    },
    stay: async (session) => {
      refuseOthers(session);
      const context = Context.current();
      const { promise, resolve } = Promise.withResolvers<'stopped' | 'renew'>();
      const stopped = (): void => resolve('stopped');
      const beating = setInterval(() => context.heartbeat(beat()), beatMs);
      const renewing = setTimeout(() => resolve('renew'), renewMs);
      stopping.addEventListener('abort', stopped, { once: true });
      const cancelled = (): void => {
        // The workflow only takes its question back where a later session has come.
        if (context.cancellationDetails?.cancelRequested === true) superseded();
        stopped();
      };
      context.cancellationSignal.addEventListener('abort', cancelled, { once: true });
      context.heartbeat(beat());
      if (stopping.aborted) stopped();
      try {
        return await promise;
      } finally {
        clearInterval(beating);
        clearTimeout(renewing);
        stopping.removeEventListener('abort', stopped);
      }
    },
  };
}

/** Tells the workflow that watches the agent that it has come; starts that where there is none. */
export async function announce(client: Client, report: AgentReport, taskQueue: string): Promise<void> {
  await client.workflow.signalWithStart(presence.workflow, {
    workflowId: agentWorkflowId(report.name),
    taskQueue,
    args: [{ version: 1, name: report.name }],
    signal: presence.reportSignal,
    signalArgs: [report],
    staticSummary: `agent ${report.name}`,
  });
}
