import type { RunInfo } from '../../engine/port.ts';
import type { Json } from '../../schemas/index.ts';
import type { Route } from '../http/route.ts';
import type { ServerParts } from '../parts.ts';
import { type Answerable, answerOnce } from '../runs/answer-once.ts';
import { chooseApproval, type GivenDecision, payloadOf, requireApprover } from '../runs/choose-approval.ts';
import { operationRoute } from './run-operation.ts';
import { problemResponse } from './runs-answers.ts';

/** Answers to what a run waits for: signals and decisions. */
export function answeringRoutes(parts: ServerParts): readonly Route[] {
  return [signalRoute(parts), decisionRoute(parts)];
}

function signalRoute(parts: ServerParts): Route {
  return operationRoute(
    parts,
    {
      verb: 'signals',
      operation: 'signalRun',
      summary: 'Sends a run a signal that it waits for',
      description:
        'Approvals are no signals: see `/approvals`. A payload that does not fit is 422; a signal that nothing waits for, or not any more, 409.',
      body: 'NewSignal',
      bodyRequired: true,
      responses: {
        422: problemResponse(
          'The payload does not fit what the step waits for, or the `Idempotency-Key` came with another request.',
        ),
      },
    },
    (row, request) => {
      // The schema of the body says so.
      const { name, payload = null, awaited } = request.body as unknown as GivenSignal;
      const signal = { name, by: request.principal.name, payload };
      return answerOnce(parts, request, {
        row,
        operation: 'signalRun',
        answerable: ({ awaits }): Answerable => ({
          signal,
          ids: awaits.flatMap((one) => (isNamed(one, name) && (awaited ?? one.id) === one.id ? [one.id] : [])),
          ...(awaited === undefined ? {} : { awaited }),
        }),
      });
    },
  );
}

function isNamed(
  one: RunInfo['awaits'][number],
  name: string,
): one is Extract<typeof one, { readonly id?: string }> & {
  readonly id: string;
} {
  return 'id' in one && one.id !== undefined && one.name === name;
}

interface GivenSignal {
  readonly name: string;
  readonly payload?: Json;
  readonly awaited?: string;
}

function decisionRoute(parts: ServerParts): Route {
  return operationRoute(
    parts,
    {
      verb: 'approvals',
      operation: 'decideRun',
      summary: 'Decides over a step or an environment that waits for an approval',
      description:
        'Whom the workflow names may decide; the name of the key, or of the token, is what counts. Somebody else is 403; a decision that ' +
        'comes too late is 409. With `awaited` it counts for what somebody has seen, and for nothing that the run asks later.',
      permission: 'runs:approve',
      body: 'Approval',
      bodyRequired: true,
      responses: {
        422: problemResponse(
          'There is no such step to push it back to, or the `Idempotency-Key` came with another request.',
        ),
      },
    },
    (row, request) => {
      // The schema of the body says so.
      const decision = request.body as unknown as GivenDecision;
      const { principal } = request;
      return answerOnce(parts, request, {
        row,
        operation: 'decideRun',
        answerable: (info): Answerable => {
          const approval = chooseApproval(info, decision);
          requireApprover(approval, principal.name);
          const signal = { name: approval.name, by: principal.name, payload: payloadOf(decision, approval) };
          return { signal, ids: approval.id === undefined ? [] : [approval.id] };
        },
      });
    },
  );
}
