import { keyNamePattern } from '../auth/keys.ts';
import { roles } from '../auth/roles.ts';
import { tenantPattern } from '../auth/tenant.ts';
import type { Schema } from '../http/route.ts';

const dateTime: Schema = { type: 'string', format: 'date-time' };
const role: Schema = { enum: [...roles], description: 'What it may do: see the table of permissions.' };
const name: Schema = { type: 'string', pattern: keyNamePattern, description: 'Who or what has it.', examples: ['ci'] };
const duration: Schema = { type: 'string', minLength: 1, maxLength: 64 };
const lifetime: Schema = {
  ...duration,
  description: 'How long it is good for, ten years at most. Absent: until it is revoked.',
  examples: ['90d'],
};
const tenantId: Schema = {
  type: 'string',
  pattern: `^\\*$|${tenantPattern}`,
  description:
    'Its tenant, `*` for all of them. Default: your own; who is of all tenants has to name it. Only they may name another than their own.',
};

/** A key, as paths name it. */
export const keyIdSchema: Schema = {
  type: 'string',
  pattern: '^key_[0-9a-hjkmnp-tv-z]{26}$',
  description: 'The id of an API key.',
};

const key: Schema = {
  type: 'object',
  description: 'An API key, without the key itself.',
  required: ['id', 'prefix', 'name', 'tenant_id', 'role', 'status', 'created_at'],
  properties: {
    id: { type: 'string' },
    prefix: { type: 'string', description: 'What the key begins with, to tell keys apart.', examples: ['wf_3hTq90Lk'] },
    name,
    tenant_id: { type: 'string' },
    role,
    status: { enum: ['valid', 'expired', 'revoked'] },
    created_at: dateTime,
    expires_at: { ...dateTime, description: 'Absent: never.' },
    revoked_at: dateTime,
    last_used_at: { ...dateTime, description: 'To the minute.' },
  },
};

/** By their names in the OpenAPI document. */
export const keySchemas: Readonly<Record<string, Schema>> = {
  Key: key,
  NewKey: {
    type: 'object',
    description: 'What a key is to be.',
    required: ['name', 'role'],
    additionalProperties: false,
    properties: { name, role, tenant_id: tenantId, expires_in: lifetime },
  },
  IssuedKey: {
    description: 'A key that was made. `key` is shown here and never again, also not to the same request.',
    allOf: [
      { $ref: '#/components/schemas/Key' },
      {
        type: 'object',
        properties: { key: { type: 'string', description: 'Send it as `Authorization: Bearer`, or as `X-API-Key`.' } },
      },
    ],
  },
  KeyRotation: {
    type: 'object',
    additionalProperties: false,
    properties: {
      grace: {
        ...duration,
        default: '24h',
        description: 'How long the old key still works, `30d` at most; `0s`: no longer.',
      },
      expires_in: {
        ...lifetime,
        description: 'How long the new key is good for. Default: as long as the old one was.',
      },
    },
  },
};
