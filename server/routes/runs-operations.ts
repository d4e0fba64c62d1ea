import type { Operation, RunInfo } from '../../engine/port.ts';
import { type Json, WaterflowFailure } from '../../schemas/index.ts';
import type { RunRow } from '../../storage/records/port.ts';
import type { Permission } from '../auth/principal.ts';
import { HttpProblem } from '../http/problem.ts';
import type { ApiRequest, ApiResponse, Route } from '../http/route.ts';
import { visibleRun } from '../logs/visible-run.ts';
import type { ServerParts } from '../parts.ts';
import { chooseApproval, type GivenDecision, payloadOf, requireApprover } from '../runs/choose-approval.ts';
import { hasCode, notBegun, runEnded, secretsGone } from '../runs/failures.ts';
import { awaitedSecretsOf } from '../runs/returned-secrets.ts';
import { attemptOf, type RerunBody } from '../runs/rerun-body.ts';
import { shownRun } from '../runs/shown.ts';
import { workflowRefused } from '../schedules/read-workflow.ts';
import { runIdSchema } from './logs-schemas.ts';
import { jsonResponse, problemResponse, reference } from './runs-answers.ts';

type Signal = Extract<Operation, { readonly kind: 'signal' }>['signal'];
type TakesEffect = Awaited<ReturnType<ServerParts['submissions']['operate']>>['takesEffect'];
/** Carries an operation out. */
type Act = (row: RunRow, request: ApiRequest) => Promise<TakesEffect>;

interface Described {
  readonly verb: string;
  readonly operation: string;
  readonly summary: string;
  readonly description?: string;
  readonly permission?: Permission;
  /** The component that the body is. */
  readonly body: string;
  readonly bodyRequired?: boolean;
  readonly responses?: Route['responses'];
}

/** What can be asked of a run. Each is durable when it is answered. */
export function runOperationRoutes(parts: ServerParts): readonly Route[] {
  return [...stopping(parts), ...pausing(parts), rerunning(parts), ...answering(parts)];
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

function answering(parts: ServerParts): readonly Route[] {
  return [
    operationRoute(
      parts,
      {
        verb: 'signals',
        operation: 'signalRun',
        summary: 'Sends a run a signal that it waits for',
        description:
          'Approvals are no signals: see `/approvals`. A payload that does not fit is 422; a signal that nothing waits for, or not any more, 409.',
        body: 'NewSignal',
        bodyRequired: true,
        responses: { 422: problemResponse('The payload does not fit what the step waits for.') },
      },
      async ({ run }, { body, principal }) => {
        // The schema of the body says so.
        const { name, payload = null } = body as { readonly name: string; readonly payload?: Json };
        return sendSignal(parts, run, { name, by: principal.name, payload });
      },
    ),
    operationRoute(
      parts,
      {
        verb: 'approvals',
        operation: 'decideRun',
        summary: 'Decides over a step or an environment that waits for an approval',
        description:
          'Whom the workflow names may decide; the name of the key, or of the token, is what counts. Somebody else is 403; a decision that ' +
          'comes too late is 409.',
        permission: 'runs:approve',
        body: 'Approval',
        bodyRequired: true,
        responses: { 422: problemResponse('There is no such step to push it back to.') },
      },
      async (row, { body, principal }) => {
        // The schema of the body says so.
        const decision = body as unknown as GivenDecision;
        const approval = chooseApproval(await begunRun(parts, row), decision);
        requireApprover(approval, principal.name);
        return sendSignal(parts, row.run, {
          name: approval.name,
          by: principal.name,
          payload: payloadOf(decision, approval),
        });
      },
    ),
  ];
}

/** 409 where nothing waits for it; 422 where something does, and does not take it as it is. */
async function sendSignal(parts: ServerParts, run: RunRow['run'], signal: Signal): Promise<TakesEffect> {
  try {
    return await operate(parts, run, { kind: 'signal', signal });
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure) || !hasCode(cause, 'SIGNAL_REFUSED')) throw cause;
    const { awaits } = await parts.engine.info(run);
    const isAwaited = awaits.some((one) => 'name' in one && one.name === signal.name);
    throw isAwaited ? new HttpProblem(422, cause.error) : cause;
  }
}

async function begunRun({ engine }: ServerParts, row: RunRow): Promise<RunInfo> {
  if (row.ended_at !== undefined) throw runEnded(row.run);
  if (row.status === 'accepted') throw notBegun(row.run);
  return engine.info(row.run);
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

function operationRoute(parts: ServerParts, described: Described, act: Act): Route {
  const { verb, operation, summary, description, permission = 'runs:operate', body, bodyRequired = false } = described;
  return {
    method: 'POST',
    path: `/v1/workflows/{id}/${verb}`,
    operation,
    tag: 'Runs',
    summary,
    ...(description === undefined ? {} : { description }),
    permission,
    params: { id: runIdSchema },
    body: { required: bodyRequired, content: { 'application/json': { schema: reference(body), as: 'json' } } },
    responses: {
      202: jsonResponse('The run as it is now.', reference('OperatedRun')),
      409: problemResponse('What the run is at keeps it from that.'),
      ...described.responses,
    },
    handle: async (request) => {
      const row = await visibleRun(parts, request.principal, request.params['id'] ?? '');
      return answer(parts, row, await act(row, request));
    },
  };
}

/** The engine knows what a run is at before its row does. */
async function answer(parts: ServerParts, before: RunRow, takesEffect: TakesEffect): Promise<ApiResponse> {
  const { records, engine } = parts;
  const row = (await records.runs.get(before.run)) ?? before;
  const info = row.status === 'accepted' ? undefined : await engine.info(row.run).catch(() => undefined);
  const value = {
    ...shownRun(row, info),
    takes_effect: takesEffect === 'now' ? 'now' : 'when_resumed',
  };
  return { status: 202, body: { kind: 'json', value } };
}
