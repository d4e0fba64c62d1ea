import type { Diagnostic } from '../../schemas/index.ts';
import type { Principal } from '../auth/principal.ts';
import type { Route } from '../http/route.ts';
import type { ServerParts } from '../parts.ts';
import { type RunBody, readRunBody } from '../runs/request.ts';
import { compileSent } from '../runs/sent-workflow.ts';
import { tenantOfNew } from '../schedules/tenants.ts';
import { jsonResponse, reference, workflowText } from './runs-answers.ts';
import { named, workflowProperties } from './schedules-schemas.ts';

/** Checking workflows without running them, as `waterflow validate --json` does. */
export function validateRoutes(parts: ServerParts): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/v1/validate',
      operation: 'validateWorkflow',
      tag: 'Runs',
      summary: 'Checks a workflow: every problem, with its place and what to do about it',
      permission: 'runs:read',
      body: {
        required: true,
        content: {
          'application/json': {
            schema: {
              type: 'object',
              additionalProperties: false,
              required: ['workflow'],
              properties: {
                ...workflowProperties,
                inputs: { ...named, description: 'Those of a run, to be checked as well.' },
              },
            },
            as: 'json',
          },
          'application/yaml': { schema: workflowText, as: 'text' },
        },
      },
      responses: { 200: jsonResponse('What is wrong with it, and whether it would run.', reference('Validation')) },
      handle: async ({ body, principal }) => {
        const value = await validated(parts, body, principal);
        return { status: 200, body: { kind: 'json', value } };
      },
    },
  ];
}

/** What is wrong with a workflow, and with the inputs where some were given. */
async function validated(
  { submissions }: ServerParts,
  body: unknown,
  principal: Principal,
): Promise<{ readonly valid: boolean; readonly diagnostics: readonly Diagnostic[] }> {
  const sent = readRunBody(body);
  const tenant = tenantOfNew(principal, undefined);
  const { plan, diagnostics } = await compileSent(submissions, tenant, sent);
  if (plan === undefined || !isWithInputs(body)) return { valid: plan !== undefined, diagnostics };
  const prepared = await submissions.prepare({
    tenant,
    plan: plan.digest,
    inputs: sent.inputs,
    vars: {},
    secrets: {},
    labels: {},
    origin: { kind: 'api', id: principal.id, by: principal.name },
  });
  const wrong = prepared.kind === 'invalid' ? prepared.diagnostics : [];
  return { valid: wrong.length === 0, diagnostics: [...diagnostics, ...wrong] };
}

function isWithInputs(body: unknown): body is Pick<RunBody, 'inputs'> {
  return typeof body === 'object' && body !== null && Object.hasOwn(body, 'inputs');
}
