import { tenantPattern } from '../auth/tenant.ts';
import { cursorSchema } from '../http/page-cursor.ts';
import type { RouteResponse, Schema } from '../http/route.ts';
import { runStatuses } from './runs-schemas.ts';

/** A component of the OpenAPI document. */
export const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** A body that is a workflow file. In a media type of data the schema is of the data, and what that has to be is for the language to say. */
export const workflowText: Schema = { description: 'The workflow file (YAML).' };

/** An answer in JSON. */
export const jsonResponse = (description: string, schema: Schema): RouteResponse => ({
  description,
  content: { 'application/json': { schema } },
});

/** An answer that says why not. */
export const problemResponse = (description: string): RouteResponse => ({
  description,
  content: { 'application/problem+json': { schema: reference('Problem') } },
});

/** Headers of the answer to a workflow that was submitted. */
export const submissionHeaders: NonNullable<RouteResponse['headers']> = {
  Location: { description: 'Where the run is.', schema: { type: 'string' } },
  'Idempotency-Replayed': {
    description: '`true` where the request came before with the same `Idempotency-Key`.',
    schema: { type: 'string' },
  },
};

const dateTime: Schema = { type: 'string', format: 'date-time' };

/** What lists of runs can be asked for. */
export const listQuery: Readonly<Record<string, Schema>> = {
  status: {
    type: 'array',
    items: { enum: runStatuses },
    minItems: 1,
    maxItems: runStatuses.length,
    description: 'One of these.',
  },
  name: { type: 'string', minLength: 1, maxLength: 200, description: "The workflow's name, or a part of the run's." },
  label: {
    type: 'array',
    items: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}:[\\s\\S]{0,200}$' },
    minItems: 1,
    maxItems: 32,
    description: '`key:value`; given several times: all of them. A comma belongs to the value.',
  },
  queue: {
    type: 'string',
    minLength: 1,
    maxLength: 200,
    description: 'One that jobs of it name by `runs-on`, as far as its file and its inputs told when it was submitted.',
  },
  origin: {
    type: 'string',
    pattern: '^(?:api|schedule|webhook|(?:key|sch|whk)_[0-9a-hjkmnp-tv-z]{26})$',
    description: 'What started it: `api`, `schedule`, `webhook`, or the id of a key, a schedule or a webhook.',
  },
  awaits: {
    enum: ['approval', 'signal', 'secrets'],
    description: 'Waiting for such a thing, whatever else of them goes on: what somebody has to answer.',
  },
  created_after: { ...dateTime, description: 'Created at this time or later.' },
  created_before: { ...dateTime, description: 'Created before this time.' },
  tenant_id: {
    type: 'string',
    pattern: tenantPattern,
    description: 'Only keys of all tenants may name another than their own.',
  },
  limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
  cursor: cursorSchema('\\d{1,15}_run-[0-9a-hjkmnp-tv-z]{26}'),
};
