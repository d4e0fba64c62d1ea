import type { Route } from '../http/route.ts';
import type { ServerParts } from '../parts.ts';
import { readRunBody, workflowFile } from '../runs/request.ts';
import { jsonResponse, reference, workflowText } from './runs-answers.ts';
import { workflowProperties } from './schedules-schemas.ts';

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
              properties: workflowProperties,
            },
            as: 'json',
          },
          'application/yaml': { schema: workflowText, as: 'text' },
        },
      },
      responses: { 200: jsonResponse('What is wrong with it, and whether it would run.', reference('Validation')) },
      handle: async ({ body, principal }) => {
        const { workflow, files } = readRunBody(body);
        const { plan, diagnostics } = await parts.submissions.compile(principal.tenant, {
          workflow,
          files,
          file: workflowFile,
        });
        return { status: 200, body: { kind: 'json', value: { valid: plan !== undefined, diagnostics } } };
      },
    },
  ];
}
