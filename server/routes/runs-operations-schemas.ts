import type { Schema } from '../http/route.ts';
import { runProperties, runRequired, secretsSchema } from './runs-schemas.ts';
import { named } from './schedules-schemas.ts';

const operatedRun: Schema = {
  type: 'object',
  description: 'The run as it is now.',
  required: [...runRequired, 'takes_effect'],
  properties: {
    ...runProperties,
    takes_effect: {
      enum: ['now', 'when_resumed'],
      description:
        '`when_resumed`: it is on record, and holds once the server has taken up the run, which it does by itself, such as after a start.',
    },
  },
};

const reason: Schema = {
  type: 'string',
  maxLength: 1000,
  description: 'In your own words; the record of the run shows it.',
};

const reasoned: Schema = { type: 'object', additionalProperties: false, properties: { reason } };

const resumed: Schema = { type: 'object', additionalProperties: false, properties: { reason, secrets: secretsSchema } };

const rerun: Schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    from: {
      enum: ['all', 'failed', 'job', 'step', 'iteration'],
      default: 'all',
      description:
        'What runs again: all; what failed or was cancelled; a job; a job from a step on; one iteration of a loop.',
    },
    job: { type: 'string', minLength: 1, maxLength: 1000 },
    step: { type: 'string', minLength: 1, maxLength: 1000 },
    iteration: { type: 'integer', minimum: 0, maximum: 1_000_000, description: 'Counted from 0.' },
    inputs: { ...named, description: 'Those that change; the others stay as they were.' },
    secrets: secretsSchema,
  },
};

const awaited: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 3000,
  description: 'The `id` that it is for, in the `awaits` of the run: where that does not wait any more, 409.',
};

const signal: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string', pattern: '^[A-Za-z0-9_.-]{1,100}$', description: 'As the workflow names it.' },
    awaited,
    payload: { description: 'Any JSON that fits the schema of the step; at most 256 KiB.' },
  },
};

const approval: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['decision'],
  properties: {
    decision: { enum: ['approve', 'reject', 'push-back'] },
    job: {
      type: 'string',
      minLength: 1,
      maxLength: 1000,
      description: 'Needed where the run waits for several approvals.',
    },
    step: { type: 'string', minLength: 1, maxLength: 1000 },
    to: { type: 'string', minLength: 1, maxLength: 1000, description: 'With `push-back`: the step to go back to.' },
    comment: { type: 'string', maxLength: 10_000 },
    awaited,
  },
};

/** By their names in the OpenAPI document. */
export const runOperationSchemas: Readonly<Record<string, Schema>> = {
  OperatedRun: operatedRun,
  Reason: reasoned,
  Resume: resumed,
  Rerun: rerun,
  NewSignal: signal,
  Approval: approval,
};
