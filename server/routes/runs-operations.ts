import type { Operation } from '../../engine/port.ts';
import type { RunRow } from '../../storage/records/port.ts';
import type { ApiRequest, Route } from '../http/route.ts';
import { idempotencyConflict } from '../idempotency.ts';
import type { ServerParts } from '../parts.ts';
import { secretsGone } from '../runs/failures.ts';
import { type OnceOperation, operatingOnce, type TakesEffect } from '../runs/operate-once.ts';
import { attemptOf, type RerunBody } from '../runs/rerun-body.ts';
import { awaitedSecretsOf } from '../runs/returned-secrets.ts';
import { workflowRefused } from '../schedules/read-workflow.ts';
import { type Described, operationRoute } from './run-operation.ts';
import { answeringRoutes } from './runs-answering.ts';
import { problemResponse } from './runs-answers.ts';

/** What can be asked of a run. Each is durable when it is answered. */
export function runOperationRoutes(parts: ServerParts): readonly Route[] {
  const operateOnce = operatingOnce(parts);
  const route: MakeRoute = (described, act) =>
    operationRoute(parts, described, (row, request) =>
      operateOnce(request, {
        row,
        operation: described.operation,
        carryOut: ({ again }) => act(row, { ...request, again }),
      }),
    );
  return [...stopping(parts, route), ...pausing(parts, route), rerunning(parts, route), ...answeringRoutes(parts)];
}

/** The route of an operation that counts once where it has an Idempotency-Key. */
type MakeRoute = (described: Described & { readonly operation: OnceOperation }, act: AskedAct) => Route;
/** `again`: the same request came before, and nobody knows how far it got. */
type AskedAct = (row: RunRow, request: ApiRequest & { readonly again: boolean }) => Promise<TakesEffect>;

function stopping(parts: ServerParts, route: MakeRoute): readonly Route[] {
  return [
    route(
      {
        verb: 'cancel',
        operation: 'cancelRun',
        summary: 'Cancels a run in order',
        description: 'Steps that run are ended, and steps with `if: always()` still run.',
        body: 'Reason',
      },
      asked(parts, 'cancel'),
    ),
    route(
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

function pausing(parts: ServerParts, route: MakeRoute): readonly Route[] {
  return [
    route(
      {
        verb: 'pause',
        operation: 'pauseRun',
        summary: 'Has a run begin nothing new; what runs goes on',
        body: 'Reason',
      },
      asked(parts, 'pause'),
    ),
    route(
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
function resuming(parts: ServerParts): AskedAct {
  const resume = asked(parts, 'resume');
  return async (row, request) => {
    // The schema of the body says so.
    const { secrets } = (request.body ?? {}) as { readonly secrets?: Readonly<Record<string, string>> };
    if (secrets !== undefined) await giveSecrets(parts, row.run, { secrets, again: request.again });
    const info = row.status === 'accepted' ? undefined : await parts.engine.info(row.run).catch(() => undefined);
    if (info?.status === 'paused') return resume(row, request);
    if (secrets !== undefined) return 'now';
    const awaited = awaitedSecretsOf(info?.awaits ?? []);
    if (awaited.length > 0) throw secretsGone(row.run, awaited);
    return resume(row, request);
  };
}

/** The request may have given them before: then it is none to have nothing that lacks them. */
async function giveSecrets(
  { submissions }: ServerParts,
  run: RunRow['run'],
  { secrets, again }: { readonly secrets: Readonly<Record<string, string>>; readonly again: boolean },
): Promise<void> {
  if (!again) await submissions.supplySecrets(run, secrets);
  else if (!(await submissions.repeatedWith(run, secrets))) throw idempotencyConflict();
}

function rerunning(parts: ServerParts, route: MakeRoute): Route {
  return route(
    {
      verb: 'rerun',
      operation: 'rerunRun',
      summary: 'Runs an ended run again, in whole or in part',
      description: 'As another attempt of the same run. What does not run again is reused as it ended.',
      body: 'Rerun',
      responses: {
        422: problemResponse(
          'The inputs are wrong, secrets are missing, or the `Idempotency-Key` came with another request.',
        ),
      },
    },
    async ({ run }, { body, principal }) => {
      // The schema of the body says so.
      const result = await parts.submissions.rerun(run, attemptOf((body ?? {}) as RerunBody, principal.name));
      if (result.kind === 'invalid') throw workflowRefused(result.diagnostics);
      return 'now';
    },
  );
}

function asked(parts: ServerParts, kind: 'cancel' | 'terminate' | 'pause' | 'resume'): AskedAct {
  return ({ run }, { body, principal }) => {
    // The schema of the body says so.
    const { reason } = (body ?? {}) as { readonly reason?: string };
    return operate(parts, run, { kind, by: principal.name, ...(reason === undefined ? {} : { reason }) });
  };
}

async function operate({ submissions }: ServerParts, run: RunRow['run'], operation: Operation): Promise<TakesEffect> {
  return (await submissions.operate(run, operation)).takesEffect;
}
