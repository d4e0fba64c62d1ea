import type { Operation } from '../../engine/port.ts';
import type { RunRow } from '../../storage/records/port.ts';
import type { Route } from '../http/route.ts';
import type { ServerParts } from '../parts.ts';
import { secretsGone } from '../runs/failures.ts';
import { attemptOf, type RerunBody } from '../runs/rerun-body.ts';
import { awaitedSecretsOf } from '../runs/returned-secrets.ts';
import { workflowRefused } from '../schedules/read-workflow.ts';
import { type Act, operationRoute, type TakesEffect } from './run-operation.ts';
import { answeringRoutes } from './runs-answering.ts';
import { problemResponse } from './runs-answers.ts';

/** What can be asked of a run. Each is durable when it is answered. */
export function runOperationRoutes(parts: ServerParts): readonly Route[] {
  return [...stopping(parts), ...pausing(parts), rerunning(parts), ...answeringRoutes(parts)];
}

function stopping(parts: ServerParts): readonly Route[] {
  return [
    operationRoute(
      parts,
      {
        verb: 'cancel',
        operation: 'cancelRun',
        summary: 'Cancels a run in order',
        description: 'Steps that run are ended, and steps with `if: always()` still run.',
        body: 'Reason',
      },
      asked(parts, 'cancel'),
    ),
    operationRoute(
      parts,
      {
        verb: 'terminate',
        operation: 'terminateRun',
        summary: 'Ends a run at once: nothing more of it runs',
        body: 'Reason',
      },
      asked(parts, 'terminate'),
    ),
  ];
}

function pausing(parts: ServerParts): readonly Route[] {
  return [
    operationRoute(
      parts,
      {
        verb: 'pause',
        operation: 'pauseRun',
        summary: 'Has a run begin nothing new; what runs goes on',
        body: 'Reason',
      },
      asked(parts, 'pause'),
    ),
    operationRoute(
      parts,
      {
        verb: 'resume',
        operation: 'resumeRun',
        summary: 'Has a paused run go on, or one that waits for its secrets',
        description:
          'The values of secrets are in memory only: after the server was started anew, steps that need one wait until it is given again: all that are missing, at once.',
        body: 'Resume',
      },
      resuming(parts),
    ),
  ];
}

/** With secrets, a run that is paused goes on, too; without, one that only waits for secrets is told so. */
function resuming(parts: ServerParts): Act {
  const resume = asked(parts, 'resume');
  return async (row, request) => {
    // The schema of the body says so.
    const { secrets } = (request.body ?? {}) as { readonly secrets?: Readonly<Record<string, string>> };
    if (secrets !== undefined) await parts.submissions.supplySecrets(row.run, secrets);
    const info = row.status === 'accepted' ? undefined : await parts.engine.info(row.run).catch(() => undefined);
    if (info?.status === 'paused') return resume(row, request);
    if (secrets !== undefined) return 'now';
    const awaited = awaitedSecretsOf(info?.awaits ?? []);
    if (awaited.length > 0) throw secretsGone(row.run, awaited);
    return resume(row, request);
  };
}

function rerunning(parts: ServerParts): Route {
  return operationRoute(
    parts,
    {
      verb: 'rerun',
      operation: 'rerunRun',
      summary: 'Runs an ended run again, in whole or in part',
      description: 'As another attempt of the same run. What does not run again is reused as it ended.',
      body: 'Rerun',
      responses: { 422: problemResponse('The inputs are wrong, or secrets are missing.') },
    },
    async ({ run }, { body, principal }) => {
      // The schema of the body says so.
      const result = await parts.submissions.rerun(run, attemptOf((body ?? {}) as RerunBody, principal.name));
      if (result.kind === 'invalid') throw workflowRefused(result.diagnostics);
      return 'now';
    },
  );
}

function asked(parts: ServerParts, kind: 'cancel' | 'terminate' | 'pause' | 'resume'): Act {
  return ({ run }, { body, principal }) => {
    // The schema of the body says so.
    const { reason } = (body ?? {}) as { readonly reason?: string };
    return operate(parts, run, { kind, by: principal.name, ...(reason === undefined ? {} : { reason }) });
  };
}

async function operate({ submissions }: ServerParts, run: RunRow['run'], operation: Operation): Promise<TakesEffect> {
  return (await submissions.operate(run, operation)).takesEffect;
}
