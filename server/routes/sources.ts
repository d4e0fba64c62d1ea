import { WaterflowFailure } from '../../schemas/index.ts';
import type { Route, Schema } from '../http/route.ts';
import { visibleRun } from '../logs/visible-run.ts';
import type { ServerParts } from '../parts.ts';
import { runIdSchema } from './logs-schemas.ts';
import { jsonResponse, problemResponse, reference } from './runs-answers.ts';

const source: Schema = {
  type: 'object',
  description: 'A workflow as it was sent: submitted again, it gives the same run.',
  required: ['file', 'workflow', 'files'],
  properties: {
    file: { type: 'string', description: 'How it was called where it came from.', examples: ['deploy.yml'] },
    workflow: { type: 'string', description: 'Its text, with its comments.' },
    files: {
      type: 'object',
      description: 'The texts of the files that came with it, by their paths.',
      additionalProperties: { type: 'string' },
    },
  },
};

/** Of answers. */
export const sourceSchemas: Readonly<Record<string, Schema>> = { WorkflowSource: source };

/** What a run was made of. */
export function sourceRoutes({ records }: Pick<ServerParts, 'records'>): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/v1/workflows/{id}/source',
      operation: 'getRunSource',
      tag: 'Runs',
      summary: 'The workflow of a run, as it was sent',
      permission: 'runs:read',
      params: { id: runIdSchema },
      responses: {
        200: jsonResponse('The workflow.', reference('WorkflowSource')),
        404: problemResponse('There is no such run, or its workflow was not kept.'),
      },
      handle: async ({ principal, params }) => {
        const { request } = await visibleRun({ records }, principal, params['id'] ?? '');
        const kept = request.source === undefined ? undefined : await records.sources.get(request.source);
        if (kept === undefined) throw notKept();
        return { status: 200, body: { kind: 'json', value: kept } };
      },
    },
  ];
}

function notKept(): WaterflowFailure {
  return new WaterflowFailure({
    code: 'NOT_FOUND',
    message: 'the workflow of this run is not kept',
    remedy: 'Look for it where it was submitted from: servers keep those of runs that began with version 0.1 or later.',
  });
}
