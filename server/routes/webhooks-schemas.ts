import type { Schema } from '../http/route.ts';
import { labels, named, nameSchema, tenantId, workflowProperties } from './schedules-schemas.ts';

const dateTime: Schema = { type: 'string', format: 'date-time' };
const vars: Schema = {
  ...named,
  description: 'What expressions read as `vars`: of the webhook, and of its runs.',
};
const secret: Schema = {
  type: 'string',
  minLength: 16,
  maxLength: 256,
  description: 'The key of signatures. Left out, one is made up and answered once.',
};

/** A webhook, as paths name it. */
export const webhookIdSchema: Schema = {
  type: 'string',
  pattern: '^whk_[0-9a-hjkmnp-tv-z]{26}$',
  description: 'The id of a webhook.',
};

/** By their names in the OpenAPI document. */
export const webhookSchemas: Readonly<Record<string, Schema>> = {
  Webhook: {
    type: 'object',
    description: 'An address to which signed requests are sent that start runs of a workflow.',
    required: ['id', 'tenant_id', 'name', 'vars', 'labels', 'paused', 'delivery_url', 'created_at', 'created_by'],
    properties: {
      id: { type: 'string' },
      tenant_id: { type: 'string' },
      name: { type: 'string' },
      vars,
      labels,
      paused: { type: 'boolean' },
      delivery_url: {
        type: 'string',
        description: 'Where requests go; only its path where the server knows no public URL.',
      },
      created_at: dateTime,
      created_by: { type: 'string' },
    },
  },
  WebhookWithSecret: {
    allOf: [
      { $ref: '#/components/schemas/Webhook' },
      {
        type: 'object',
        required: ['warnings'],
        properties: {
          secret: {
            type: 'string',
            description: 'The secret that was made up. It is not shown again, also not to the same request.',
          },
          warnings: { type: 'array', items: { $ref: '#/components/schemas/Error' } },
        },
      },
    ],
  },
  NewWebhook: {
    type: 'object',
    required: ['workflow'],
    additionalProperties: false,
    properties: {
      ...workflowProperties,
      name: nameSchema,
      vars,
      labels,
      secret,
      paused: { type: 'boolean' },
      tenant_id: tenantId,
    },
  },
  WebhookChanges: {
    type: 'object',
    minProperties: 1,
    dependentRequired: { files: ['workflow'], file: ['workflow'] },
    additionalProperties: false,
    properties: {
      ...workflowProperties,
      name: nameSchema,
      vars,
      labels,
      secret: { ...secret, description: 'A new key of signatures. The old one holds no more.' },
      rotate_secret: { type: 'boolean', enum: [true], description: 'Makes up a new secret, which is answered once.' },
      paused: { type: 'boolean' },
    },
  },
  AcceptedDelivery: {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'string', description: 'Of the run.' } },
  },
  SkippedDelivery: {
    type: 'object',
    required: ['skipped', 'reason'],
    properties: {
      skipped: { type: 'boolean', enum: [true] },
      reason: {
        enum: ['filter', 'repeated'],
        description: '`filter`: the workflow does not want it; `repeated`: it came before.',
      },
    },
  },
};
