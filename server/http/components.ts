import { agentCallSchemas } from '../routes/agent-calls.ts';
import { agentSchemas } from '../routes/agent-schemas.ts';
import { callerSchemas } from '../routes/caller.ts';
import { callSchemas } from '../routes/calls-schemas.ts';
import { catalogueSchemas } from '../routes/catalogue-schemas.ts';
import { explanationSchemas } from '../routes/explanation-schemas.ts';
import { grantSchemas } from '../routes/grants-schemas.ts';
import { hostCallSchemas } from '../routes/host-calls-schemas.ts';
import { keySchemas } from '../routes/keys-schemas.ts';
import { logSchemas } from '../routes/logs-schemas.ts';
import { runOperationSchemas } from '../routes/runs-operations-schemas.ts';
import { runSchemas } from '../routes/runs-schemas.ts';
import { scheduleSchemas } from '../routes/schedules-schemas.ts';
import { sourceSchemas } from '../routes/sources.ts';
import { webhookSchemas } from '../routes/webhooks-schemas.ts';
import type { Schema } from './route.ts';

/** A WaterflowError. */
const problemError: Schema = {
  type: 'object',
  description: 'One thing that is wrong, where it is, and what to do about it.',
  required: ['code', 'message', 'remedy'],
  properties: {
    code: { type: 'string', description: 'One of the codes of docs/errors.md.', examples: ['UNKNOWN_KEY'] },
    message: { type: 'string' },
    remedy: { type: 'string', description: 'What to do about it.' },
    severity: { enum: ['error', 'warning'] },
    file: { type: 'string' },
    line: { type: 'integer', minimum: 1 },
    column: { type: 'integer', minimum: 1, description: 'In UTF-16 code units.' },
    end_line: { type: 'integer', minimum: 1 },
    end_column: { type: 'integer', minimum: 1, description: 'Exclusive.' },
    rule: { type: 'string', description: 'The rule that was broken.' },
    pointer: {
      type: 'string',
      description: 'Which value of the body it is about, as a JSON Pointer.',
      examples: ['/inputs/tag'],
    },
    fix: { type: 'object', description: 'Changes of the file that carry out the remedy.' },
  },
};

const problem: Schema = {
  type: 'object',
  description: 'Why a request was not carried out (RFC 9457).',
  required: ['type', 'title', 'status', 'detail', 'code', 'remedy', 'request_id'],
  properties: {
    type: { type: 'string', description: 'A URN of the code.', examples: ['urn:waterflow:error:NOT_FOUND'] },
    title: { type: 'string', examples: ['Not found'] },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string', description: 'What is wrong, in words.' },
    code: { type: 'string', description: 'One of the codes of docs/errors.md.', examples: ['NOT_FOUND'] },
    remedy: { type: 'string', description: 'What to do about it.' },
    request_id: { type: 'string', description: "The request's id, by which the server's log and audit name it." },
    file: { type: 'string' },
    line: { type: 'integer', minimum: 1 },
    column: { type: 'integer', minimum: 1 },
    end_line: { type: 'integer', minimum: 1 },
    end_column: { type: 'integer', minimum: 1 },
    rule: { type: 'string' },
    pointer: { type: 'string', description: 'Which value of the body it is about, as a JSON Pointer.' },
    errors: { type: 'array', items: { $ref: '#/components/schemas/Error' }, description: 'Each single problem.' },
  },
};

/** Schemas by their names, as routes and the OpenAPI document refer to them. Each subject adds its own from `server/routes/`. */
export const components: Readonly<Record<string, Schema>> = {
  Error: problemError,
  Problem: problem,
  ...callerSchemas,
  ...keySchemas,
  ...agentSchemas,
  ...agentCallSchemas,
  ...callSchemas,
  ...catalogueSchemas,
  ...hostCallSchemas,
  ...grantSchemas,
  ...logSchemas,
  ...runSchemas,
  ...explanationSchemas,
  ...sourceSchemas,
  ...runOperationSchemas,
  ...scheduleSchemas,
  ...webhookSchemas,
};
