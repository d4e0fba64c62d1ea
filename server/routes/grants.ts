import type { ApiRequest, ApiResponse, Route } from '../http/route.ts';
import { visibleRun } from '../logs/visible-run.ts';
import type { ServerParts } from '../parts.ts';
import { serverFacts } from '../runs/run-facts.ts';
import { grantList } from './grants-schemas.ts';
import { logQuery, runIdSchema } from './logs-schemas.ts';
import { jsonResponse } from './runs-answers.ts';

/** What the steps of a run may do. */
export function grantsRoutes(parts: ServerParts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/workflows/{id}/grants',
      operation: 'listGrants',
      tag: 'Workflows',
      summary: 'What the steps of a run may do',
      description:
        'By the manifest, the policy, the lockfile and the workflow, each with its place, as `waterflow grants explain` says it: with the ' +
        'inputs of the run, and with the policy and the plugins that are there now. What decided over a host call is in `listHostCalls`.',
      permission: 'runs:read',
      params: { id: runIdSchema },
      query: {
        job: { ...logQuery['job'], description: 'Of this job only.' },
        step: { ...logQuery['step'], description: 'Of this step only.' },
        call: {
          type: 'string',
          minLength: 1,
          maxLength: 4000,
          description:
            'A host call, as `waterflow grants explain --call` takes it: whether it would be let through, else what would.',
        },
      },
      responses: { 200: jsonResponse('Of each step that uses a plugin.', grantList) },
      handle: (request) => listGrants(parts, request),
    },
  ];
}

async function listGrants(parts: ServerParts, { principal, params, query }: ApiRequest): Promise<ApiResponse> {
  const row = await visibleRun(parts, principal, params['id'] ?? '');
  if (parts.grants === undefined) return json({ decided_by: 'agents', steps: [] });
  const { job, step, call } = query;
  const run = await serverFacts(parts, row).inspect(row.run);
  const steps = await parts.grants(row, run, {
    ...(typeof job === 'string' ? { job } : {}),
    ...(typeof step === 'string' ? { step } : {}),
    ...(typeof call === 'string' ? { call } : {}),
  });
  return json({ decided_by: 'server', steps });
}

function json(value: object): ApiResponse {
  return { status: 200, body: { kind: 'json', value } };
}
