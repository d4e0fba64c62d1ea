import type { Schema } from '../http/route.ts';

const fields: Schema = {
  type: 'object',
  additionalProperties: { type: 'object' },
  description: "Each one's JSON Schema, with `required: true` beside it where it must be given.",
};

const nodeFields: Readonly<Record<string, Schema>> = {
  uses: { type: 'string', description: 'As `uses:` names it.', examples: ['http@v1'] },
  name: { type: 'string' },
  version: { type: 'string' },
  description: { type: 'string' },
  runtime: { enum: ['isolate', 'wasm', 'control'], description: '`control`: the machine itself carries it out.' },
  inputs: fields,
  outputs: fields,
  dynamic_outputs: { type: 'boolean', description: 'Whether steps that use it name further outputs themselves.' },
  permissions: { type: 'object', description: 'What it requests, by capability.' },
  limits: {
    type: 'object',
    description: 'What it may take at most, where its manifest says so.',
    properties: { timeout: { type: 'string', examples: ['10m'] }, memory: { type: 'string', examples: ['64MiB'] } },
  },
  digest: { type: 'string', description: 'Of its bytes. Absent for control nodes, and where its code is broken.' },
  built_in: { type: 'boolean' },
};

const nodeRequired: readonly string[] = [
  'uses',
  'name',
  'version',
  'description',
  'runtime',
  'inputs',
  'outputs',
  'dynamic_outputs',
  'permissions',
  'built_in',
];

const askedFor: Readonly<Record<string, Schema>> = {
  about: { type: 'string', description: 'A capability, or what else it is about.', examples: ['net'] },
  what: { type: 'string', description: 'In words.' },
  reason: { type: 'string', description: "The author's." },
};

const update: Schema = {
  type: 'object',
  description: 'The newest version that the server or an agent has, where that is a later one.',
  required: ['version', 'more'],
  properties: {
    version: { type: 'string' },
    more: {
      type: 'array',
      description: 'What it asks for that this version does not.',
      items: {
        type: 'object',
        required: ['about', 'what', 'kind'],
        properties: {
          ...askedFor,
          kind: { enum: ['added', 'widened', 'changed'] },
          was: { type: 'string', description: 'What it takes the place of, where that is plain.' },
        },
      },
    },
  },
};

const count: Schema = { type: 'integer', minimum: 0 };
const texts: Schema = { type: 'array', items: { type: 'string' } };

/** By their names in the OpenAPI document. */
export const catalogueSchemas: Readonly<Record<string, Schema>> = {
  Node: {
    type: 'object',
    description: 'What a step can use.',
    required: nodeRequired,
    properties: nodeFields,
  },
  Plugin: {
    type: 'object',
    description: 'A node that is a plugin.',
    required: [...nodeRequired, 'source'],
    properties: {
      ...nodeFields,
      source: { enum: ['built-in', 'installed'] },
      asks: {
        type: 'array',
        description: 'What it requests, in words.',
        items: { type: 'object', required: ['about', 'what'], properties: askedFor },
      },
      update,
    },
  },
  Agent: {
    type: 'object',
    description: 'A machine on which steps run.',
    required: [
      'name',
      'state',
      'version',
      'queues',
      'labels',
      'os',
      'arch',
      'confinement',
      'slots',
      'plugins',
      'last_seen_at',
    ],
    properties: {
      name: { type: 'string' },
      state: {
        enum: ['online', 'draining', 'suspect', 'lost'],
        description:
          '`draining`: it finishes the jobs that it has, and takes no more; `suspect`: not heard of for some seconds; `lost`: for ' +
          'longer than jobs wait for it.',
      },
      version: { type: 'string', description: 'Of waterflow on that machine.' },
      queues: texts,
      labels: texts,
      os: { type: 'string' },
      arch: { type: 'string' },
      confinement: { type: 'integer', minimum: 0, maximum: 4, description: 'The level that it holds plugins in.' },
      slots: { type: 'object', required: ['total', 'used'], properties: { total: count, used: count } },
      plugins: {
        type: 'array',
        description: 'What it can run.',
        items: {
          type: 'object',
          required: ['name', 'version', 'digest'],
          properties: { name: { type: 'string' }, version: { type: 'string' }, digest: { type: 'string' } },
        },
      },
      last_seen_at: { type: 'string', format: 'date-time' },
    },
  },
  Queue: {
    type: 'object',
    description: 'What `runs-on` names.',
    required: ['name', 'pollers', 'backlog'],
    properties: {
      name: { type: 'string' },
      pollers: { ...count, description: 'Agents that take from it.' },
      backlog: { ...count, description: 'What waits for one.' },
    },
  },
};

/** What `permissions` of workflows may narrow. */
export const capabilitiesSchema: Schema = {
  type: 'object',
  required: ['capabilities'],
  properties: {
    capabilities: {
      type: 'object',
      additionalProperties: { type: 'object' },
      description: 'By the name of each, the JSON Schema of one entry of it.',
    },
  },
};

/** All of them, as an answer. */
export function listOf(name: string, schema: string): Schema {
  const items = { $ref: `#/components/schemas/${schema}` };
  return { type: 'object', required: [name], properties: { [name]: { type: 'array', items } } };
}
