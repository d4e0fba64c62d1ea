import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import {
  type AgentBeat,
  type AgentReport,
  agentWorkflowId,
  isLater,
  type PresenceActivities,
  presence,
} from './protocol.ts';

/** What shows an agent as present. */
export interface PresenceParts {
  readonly report: AgentReport;
  readonly beat: () => AgentBeat;
  /** Aborts when the agent takes no more jobs, and has some that are to come to their end. */
  readonly draining: AbortSignal;
  /** Aborts when the agent stops. */
  readonly stopping: AbortSignal;
  /** Told when another agent has come under the same name. */
  readonly superseded: () => void;
}

/** How often whoever watches the agent hears of it, in ms. */
const beatMs = 2000;
/** Before the activity's own day is over. */
const renewMs = 23 * 60 * 60 * 1000;

/** How an agent is known to be there. */
export interface Presence {
  readonly activities: PresenceActivities;
  /** Lets whoever watches the agent hear of it at once: its jobs have changed. */
  readonly beat: () => void;
  /** Has whoever watches the agent look at it anew: it says something else of itself. */
  readonly renew: () => void;
  /** Resolves when it was told that the agent has stopped. */
  readonly left: Promise<void>;
}

/** The activities by which an agent is known to be there. */
export function createPresence({ report, beat, draining, stopping, superseded }: PresenceParts): Presence {
  const left = Promise.withResolvers<void>();
  let isKnown = false;
  let staying: Context | undefined;
  const renewed = new EventTarget();
  const refuseOthers = (session: string): void => {
    // Once this one was asked for, whoever else is has come later. Before that only the machines' clocks tell, which may be set wrong.
    if (session !== report.session && (isKnown || isLater(session, report.session))) superseded();
    if (session !== report.session) throw new Error('another agent of that name has come');
    isKnown = true;
  };
  const activities: PresenceActivities = {
    greet: async (session) => {
      refuseOthers(session);
      return beat();
    },
    stay: async (session) => {
      refuseOthers(session);
      const context = Context.current();
      const { promise, resolve } = Promise.withResolvers<'draining' | 'stopped' | 'renew'>();
      const drains = (): void => resolve('draining');
      const stopped = (): void => resolve('stopped');
      const beating = setInterval(() => context.heartbeat(beat()), beatMs);
      const renews = (): void => resolve('renew');
      const renewing = setTimeout(renews, renewMs);
      renewed.addEventListener('renew', renews, { once: true });
      stopping.addEventListener('abort', stopped, { once: true });
      // Whoever asks while it drains knows that.
      draining.addEventListener('abort', drains, { once: true });
      const cancelled = (): void => {
        // The workflow only takes its question back where a later session has come.
        if (context.cancellationDetails?.cancelRequested === true) superseded();
        stopped();
      };
      context.cancellationSignal.addEventListener('abort', cancelled, { once: true });
      context.heartbeat(beat());
      staying = context;
      if (stopping.aborted) stopped();
      try {
        const end = await promise;
        if (end === 'stopped') left.resolve();
        return end;
      } finally {
        if (staying === context) staying = undefined;
        clearInterval(beating);
        clearTimeout(renewing);
        renewed.removeEventListener('renew', renews);
        stopping.removeEventListener('abort', stopped);
        draining.removeEventListener('abort', drains);
      }
    },
  };
  return {
    activities,
    beat: () => staying?.heartbeat(beat()),
    renew: () => void renewed.dispatchEvent(new Event('renew')),
    left: left.promise,
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
