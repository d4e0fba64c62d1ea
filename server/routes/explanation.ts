import { explain, gatherFacts } from '../../engine/explain/index.ts';
import type { JsonObject } from '../../schemas/index.ts';
import type { Route } from '../http/route.ts';
import { visibleRun } from '../logs/visible-run.ts';
import type { ServerParts } from '../parts.ts';
import { serverFacts } from '../runs/run-facts.ts';
import { runIdSchema } from './logs-schemas.ts';
import { jsonResponse, reference } from './runs-answers.ts';

/** Why a run is as it is. */
export function explanationRoutes(parts: ServerParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/workflows/{id}/explanation',
      operation: 'explainRun',
      tag: 'Runs',
      summary: 'Why a run failed, or what it waits for',
      description:
        'From what is on record alone: what failed by itself and what came of that, what is otherwise than in the last run of the workflow ' +
        'that succeeded, and what to do. The same record gives the same answer.',
      permission: 'runs:read',
      params: { id: runIdSchema },
      responses: { 200: jsonResponse('The explanation.', reference('Explanation')) },
      handle: async ({ principal, params }) => {
        const row = await visibleRun(parts, principal, params['id'] ?? '');
        const explanation = explain(await gatherFacts(serverFacts(parts, row), row.run));
        // An explanation is JSON; its interface only lacks JsonObject's index signature.
        return { status: 200, body: { kind: 'json', value: explanation as unknown as JsonObject } };
      },
    },
  ];
}
