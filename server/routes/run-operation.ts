import type { RunRow } from '../../storage/records/port.ts';
import type { Permission } from '../auth/principal.ts';
import type { ApiRequest, ApiResponse, Route, Schema } from '../http/route.ts';
import { replayedHeader } from '../idempotency.ts';
import { visibleRun } from '../logs/visible-run.ts';
import type { ServerParts } from '../parts.ts';
import type { Outcome } from '../runs/operate-once.ts';
import { shownRun } from '../runs/shown.ts';
import { runIdSchema } from './logs-schemas.ts';
import { jsonResponse, problemResponse, reference } from './runs-answers.ts';

/** Carries an operation out. */
export type Act = (row: RunRow, request: ApiRequest) => Promise<Outcome>;

/** An operation of a run, as its route shows it. */
export interface Described {
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

const headers: Readonly<Record<string, Schema>> = {
  'idempotency-key': {
    type: 'string',
    pattern: '^[\\x21-\\x7e]{1,255}$',
    description:
      'Made by the client, a new one for each thing that it asks of the run: the same request with the same key counts once within 24 hours.',
  },
};

/** The route of an operation. */
export function operationRoute(parts: ServerParts, described: Described, act: Act): Route {
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
    headers,
    body: { required: bodyRequired, content: { 'application/json': { schema: reference(body), as: 'json' } } },
    responses: {
      202: {
        ...jsonResponse('The run as it is now.', reference('OperatedRun')),
        headers: replayedHeader,
      },
      409: problemResponse('What the run is at keeps it from that.'),
      422: problemResponse('The `Idempotency-Key` came with another request.'),
      ...described.responses,
    },
    handle: async (request) => {
      const row = await visibleRun(parts, request.principal, request.params['id'] ?? '');
      return answer(parts, row, await act(row, request));
    },
  };
}

/** The engine knows what a run is at before its row does. */
async function answer(parts: ServerParts, before: RunRow, outcome: Outcome): Promise<ApiResponse> {
  const { records, engine } = parts;
  const row = (await records.runs.get(before.run)) ?? before;
  const info = row.status === 'accepted' ? undefined : await engine.info(row.run).catch(() => undefined);
  const value = {
    ...shownRun(row, info),
    takes_effect: outcome.takesEffect === 'when resumed' ? 'when_resumed' : 'now',
  };
  const headers = outcome.replayed === true ? { 'Idempotency-Replayed': 'true' } : {};
  return { status: 202, headers, body: { kind: 'json', value } };
}
