import type { Schema } from '../http/route.ts';

const key: Schema = { type: 'string', minLength: 1, maxLength: 1000 };
const count: Schema = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER };
const address: Readonly<Record<string, Schema>> = {
  run: { type: 'string', pattern: '^run-[0-9a-hjkmnp-tv-z]{26}$' },
  job: key,
  step: key,
  job_attempt: count,
  attempt: count,
};
const addressNames: readonly string[] = ['run', 'job', 'step', 'job_attempt', 'attempt'];

/** A line of a batch. */
export const shippedSegment: Schema = {
  type: 'object',
  description: "A part of a step's log, secrets taken out, not cut at lines.",
  required: [...addressNames, 'sequence', 'at', 'stream', 'text'],
  additionalProperties: false,
  properties: {
    ...address,
    sequence: { ...count, description: "1, 2, 3… within the step's attempt." },
    at: { type: 'string', format: 'date-time' },
    stream: { enum: ['stdout', 'stderr', 'log'] },
    text: { type: 'string' },
  },
};

const wanted: Schema = {
  type: 'array',
  description: 'Of each step attempt in the batch the sequence that comes next.',
  items: {
    type: 'object',
    required: [...addressNames, 'sequence'],
    properties: { ...address, sequence: count },
  },
};

/** By their names in the OpenAPI document. */
export const agentSchemas: Readonly<Record<string, Schema>> = {
  ShippedSegment: shippedSegment,
  ShippedLogs: {
    type: 'object',
    description: 'How far the logs are there.',
    required: ['wanted'],
    properties: { wanted },
  },
  ShippedLogsGap: {
    description: 'Segments follow on others which are not there. What came before the gap was kept.',
    allOf: [{ $ref: '#/components/schemas/Problem' }, { type: 'object', required: ['wanted'], properties: { wanted } }],
  },
  ShippedBlob: {
    type: 'object',
    description: 'A blob that is there.',
    required: ['digest', 'size'],
    properties: { digest: { type: 'string' }, size: { type: 'integer', minimum: 0, description: 'In bytes.' } },
  },
};
