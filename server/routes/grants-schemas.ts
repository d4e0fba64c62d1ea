import type { Schema } from '../http/route.ts';

const text: Schema = { type: 'string' };

const rule: Schema = {
  type: 'object',
  required: ['allows', 'place'],
  properties: {
    allows: { ...text, description: 'In words.', examples: ['run `git`, confined to the workspace, without network'] },
    place: { ...text, description: 'Where it is written.', examples: ['plugin.yaml:13 exec[0]'] },
    reason: { ...text, description: 'Why, as whoever wrote it says.' },
  },
};
const rules: Schema = { type: 'array', items: rule };
const layer: Schema = { enum: ['manifest', 'policy', 'caller', 'workflow', 'job', 'step'] };

const capability: Schema = {
  type: 'object',
  required: ['capability', 'verdict', 'narrowed_by', 'requested', 'layers', 'denied', 'dropped'],
  properties: {
    capability: text,
    verdict: {
      enum: ['granted', 'narrowed', 'refused', 'not requested'],
      description:
        '`granted`: all that is requested; `narrowed`: a call must also match the layers in `narrowed_by`; `refused`: those let nothing ' +
        'through; `not requested`: only a policy or a workflow speaks of it.',
    },
    narrowed_by: { type: 'array', items: layer },
    requested: rules,
    layers: {
      type: 'array',
      items: { type: 'object', required: ['layer', 'place', 'rules'], properties: { layer, place: text, rules } },
    },
    denied: { ...rules, description: 'What the policy forbids, whatever else allows it.' },
    dropped: {
      type: 'array',
      description: 'Entries of the manifest that are not in force.',
      items: { type: 'object', required: ['place', 'why'], properties: { place: text, why: text } },
    },
  },
};

const grant: Schema = {
  type: 'object',
  description: 'What a plugin may do, and by whom.',
  required: ['plugin', 'confinement', 'limits', 'capabilities', 'always'],
  properties: {
    plugin: {
      type: 'object',
      required: ['name', 'version', 'digest', 'origin'],
      properties: {
        name: text,
        version: text,
        digest: text,
        origin: { ...text, description: '`approved`: by the lockfile, or by `--approve`.', examples: ['approved'] },
      },
    },
    confinement: { type: 'integer', minimum: 0, description: 'The level that its sandbox must have at least.' },
    limits: {
      type: 'object',
      required: ['timeout_ms', 'memory_bytes'],
      properties: {
        timeout_ms: { type: 'integer' },
        memory_bytes: { type: 'integer' },
        timeout_cap_ms: { type: 'integer', description: "The policy's own." },
      },
    },
    capabilities: { type: 'array', items: capability },
    always: { type: 'array', items: text, description: 'Capabilities that need no grant.' },
  },
};

const stepGrants: Schema = {
  type: 'object',
  description: 'What a step that uses a plugin may do.',
  required: ['job', 'step', 'uses', 'unknown_inputs'],
  properties: {
    job: { ...text, description: 'Without cells and hosts.' },
    step: text,
    uses: text,
    unknown_inputs: {
      type: 'array',
      items: text,
      description: 'Inputs whose values only the run knows: what depends on them is left open.',
    },
    grant: { $ref: '#/components/schemas/Grant' },
    error: { $ref: '#/components/schemas/Error' },
    call: {
      type: 'object',
      description: 'Of the call that was asked about.',
      required: ['decision', 'changes'],
      properties: {
        decision: { enum: ['allowed', 'denied'] },
        changes: {
          type: 'array',
          description: 'The least that would allow it, by layers; all of it is needed.',
          items: {
            type: 'object',
            required: ['layer', 'place', 'todo', 'lines'],
            properties: {
              layer,
              place: text,
              todo: { ...text, description: 'What to do there.' },
              lines: { type: 'array', items: text, description: 'YAML to add.' },
            },
          },
        },
      },
    },
  },
};

const grants: Schema = {
  type: 'object',
  description: 'What the steps of a run may do.',
  required: ['decided_by', 'steps'],
  properties: {
    decided_by: {
      enum: ['server', 'agents'],
      description:
        '`agents`: each agent has a policy of its own, of which the server knows nothing. `steps` is empty then.',
    },
    steps: { type: 'array', items: { $ref: '#/components/schemas/StepGrants' } },
  },
};

/** By their names in the OpenAPI document. */
export const grantSchemas: Readonly<Record<string, Schema>> = {
  Grant: grant,
  Grants: grants,
  StepGrants: stepGrants,
};

/** The steps of a run. */
export const grantList: Schema = { $ref: '#/components/schemas/Grants' };
