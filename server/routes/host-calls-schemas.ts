import { cursorSchema } from '../http/page-cursor.ts';
import type { Schema } from '../http/route.ts';

const word: Schema = { type: 'string', minLength: 1, maxLength: 1000 };

/** Which host calls are wanted. */
export const hostCallQuery: Readonly<Record<string, Schema>> = {
  capability: { ...word, description: 'Of this capability only.', examples: ['net'] },
  operation: { ...word, description: 'Of this operation only.' },
  decision: { enum: ['allowed', 'denied', 'invalid'] },
  job: { ...word, description: 'Of this job only.' },
  step: { ...word, description: 'Of this step only.' },
  limit: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
  cursor: cursorSchema('c\\d{1,12}'),
};

/** A page of host calls. */
export const hostCallPage: Schema = {
  type: 'object',
  required: ['host_calls'],
  properties: {
    host_calls: { type: 'array', items: { $ref: '#/components/schemas/HostCall' } },
    next_cursor: { type: 'string', description: 'Absent on the last page.' },
    problem: {
      type: 'object',
      description: 'Why the record can be trusted up to here only.',
      required: ['code', 'message', 'remedy'],
      properties: { code: { type: 'string' }, message: { type: 'string' }, remedy: { type: 'string' } },
    },
  },
};

const hostCall: Schema = {
  type: 'object',
  description: 'A host call, with what was decided and what came of it.',
  required: [
    'sequence',
    'at',
    'job',
    'step',
    'attempt',
    'plugin',
    'invocation',
    'call',
    'truncated',
    'decision',
    'rules',
    'result',
    'bytes',
  ],
  properties: {
    agent: { type: 'string', description: 'On Temporal: the agent that recorded it, in its own audit log of the run.' },
    sequence: { type: 'integer', description: "Of its entry in the agent's audit log of the run." },
    at: { type: 'string', format: 'date-time' },
    job: { type: 'string' },
    step: { type: 'string' },
    attempt: { type: 'integer', minimum: 1 },
    plugin: {
      type: 'object',
      required: ['name', 'version', 'digest'],
      properties: { name: { type: 'string' }, version: { type: 'string' }, digest: { type: 'string' } },
    },
    invocation: { type: 'integer', description: "Of the entry of the plugin's start." },
    within: { type: 'integer', description: 'Of the entry of the call whose program did this.' },
    call: {
      type: 'object',
      required: ['capability', 'operation', 'args'],
      properties: {
        capability: { type: 'string', examples: ['net'] },
        operation: { type: 'string', examples: ['fetch'] },
        args: { description: 'Without the values of secrets.' },
      },
    },
    truncated: { type: 'boolean', description: 'The arguments are not whole.' },
    decision: { enum: ['allowed', 'denied', 'invalid'] },
    rules: { type: 'array', items: { type: 'string' }, description: 'By which it was decided.' },
    reason: { type: 'string', description: 'Why it was not allowed.' },
    result: {
      enum: ['ok', 'error', 'denied', 'none', 'unknown'],
      description: '`none`: it was not allowed; `unknown`: it is not over, or its agent was killed.',
    },
    duration_ms: { type: 'number' },
    bytes: {
      type: 'object',
      required: ['in'],
      properties: { in: { type: 'integer' }, out: { type: 'integer' } },
      description: 'Of the arguments and of the answer, as JSON.',
    },
    facts: { type: 'object', description: 'What came of it, by capability.' },
    secrets: { type: 'array', items: { type: 'string' }, description: 'Names of those whose values went out with it.' },
  },
};

const auditRecord: Schema = {
  type: 'object',
  description: "An agent's record of what a run's plugins did.",
  required: ['state', 'entries', 'signed', 'checked_with'],
  properties: {
    agent: { type: 'string', description: 'On Temporal: the agent that ships it.' },
    state: {
      enum: ['intact', 'unfinished', 'torn', 'broken'],
      description:
        '`intact`: as it was written, and closed; `unfinished`: as it was written, and not closed; `torn`: the same, and its last entry is ' +
        'incomplete; `broken`: it is not what was written.',
    },
    reason: { type: 'string', description: 'Why it is not intact.' },
    entries: { type: 'integer', minimum: 0, description: 'Those that hold, from the first on.' },
    signed: { type: 'integer', minimum: 0, description: 'The last entry that a signature covers.' },
    key: { type: 'string', description: 'The id of the key that signed.' },
    checked_with: {
      enum: ['agent', 'record'],
      description:
        "`agent`: the key of the server's own agent; `record`: the one that the record names itself, which anybody could have made.",
    },
  },
};

/** The records of a run. */
export const auditRecordList: Schema = {
  type: 'object',
  required: ['audit_records'],
  properties: { audit_records: { type: 'array', items: { $ref: '#/components/schemas/AuditRecord' } } },
};

/** By their names in the OpenAPI document. */
export const hostCallSchemas: Readonly<Record<string, Schema>> = { HostCall: hostCall, AuditRecord: auditRecord };
