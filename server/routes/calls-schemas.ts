import { tenantPattern } from '../auth/tenant.ts';
import { cursorSchema } from '../http/page-cursor.ts';
import type { Schema } from '../http/route.ts';

const dateTime: Schema = { type: 'string', format: 'date-time' };

/** How the record is looked through. */
export const callsQuery: Readonly<Record<string, Schema>> = {
  from: { ...dateTime, description: 'Only calls from this time on.' },
  until: { ...dateTime, description: 'Only calls before this time.' },
  by: {
    type: 'string',
    minLength: 1,
    maxLength: 255,
    description: 'Only calls of this key (its id) or subject of a token.',
  },
  tenant_id: {
    type: 'string',
    pattern: tenantPattern,
    description: 'The tenant; only keys of all tenants may name another than their own.',
  },
  limit: { type: 'integer', minimum: 1, maximum: 500, default: 100 },
  cursor: cursorSchema('\\d{1,15}_\\d{1,15}'),
};

/** By their names in the OpenAPI document. */
export const callSchemas: Readonly<Record<string, Schema>> = {
  Call: {
    type: 'object',
    description: 'One API call, after its answer.',
    required: ['request_id', 'at', 'method', 'route', 'status', 'duration_ms', 'remote'],
    properties: {
      request_id: { type: 'string' },
      at: dateTime,
      tenant_id: { type: 'string', description: 'Absent: nobody was let in.' },
      by: { type: 'string', description: 'The id of the key, or the subject of the token. Absent: nobody was let in.' },
      by_name: {
        type: 'string',
        description: "The key's name, also of one that is revoked. Absent: it was no key, or it is gone.",
      },
      method: { type: 'string' },
      route: { type: 'string', examples: ['/v1/workflows/{id}'] },
      target: { type: 'string', description: 'What the route was asked for.' },
      status: { type: 'integer' },
      duration_ms: { type: 'integer', minimum: 0 },
      remote: { type: 'string', description: "The client's address." },
      details: { type: 'object' },
    },
  },
  Calls: {
    type: 'object',
    required: ['calls'],
    properties: {
      calls: { type: 'array', items: { $ref: '#/components/schemas/Call' } },
      next_cursor: { type: 'string', description: 'Absent on the last page.' },
    },
  },
};
