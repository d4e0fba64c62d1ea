import type { JsonObject } from '../../schemas/index.ts';
import type { NodeCatalogue, NodeDescription } from '../api.ts';

const nodes: readonly NodeDescription[] = [
  {
    uses: 'run@v1',
    description: 'Runs a script.',
    runtime: 'isolate',
    inputs: {
      script: { type: 'string', required: true },
      shell: { type: 'string', enum: ['bash', 'sh'] },
      'working-directory': { type: 'string' },
    },
    outputs: {},
    dynamic_outputs: true,
  },
  {
    uses: 'checkout@v1',
    description: 'Clones a repository.',
    runtime: 'isolate',
    inputs: {
      repository: { type: 'string', required: true, description: 'what to clone' },
      ref: { type: 'string' },
      depth: { type: 'integer', minimum: 0 },
      submodules: { type: 'boolean' },
    },
    outputs: { commit: { type: 'string' }, ref: { type: 'string' } },
    dynamic_outputs: false,
  },
  {
    uses: 'http@v1',
    description: 'Makes an HTTP request.',
    runtime: 'wasm',
    inputs: {
      url: { type: 'string', required: true, pattern: '^https?://' },
      method: { enum: ['GET', 'POST', 'PUT'] },
      headers: { type: 'object', additionalProperties: { type: 'string' } },
      expect: { type: 'array', minItems: 1, items: { type: 'integer', minimum: 100, maximum: 599 } },
      body: {},
    },
    outputs: { status: { type: 'integer' }, body: { type: 'string' } },
    dynamic_outputs: false,
  },
  {
    uses: 'sleep@v1',
    description: 'Waits.',
    runtime: 'control',
    inputs: { duration: { type: 'string' }, until: { type: 'string' } },
    outputs: {},
    dynamic_outputs: false,
  },
  {
    uses: 'if@v1',
    description: 'Runs one list of steps or another.',
    runtime: 'control',
    inputs: {
      condition: { type: ['string', 'boolean'], required: true },
      then: { type: 'array', required: true },
      else: { type: 'array' },
      outputs: { type: 'object' },
    },
    outputs: {},
    dynamic_outputs: false,
  },
  {
    uses: 'for-each@v1',
    description: 'Runs its steps for each item.',
    runtime: 'control',
    inputs: {
      items: { type: 'array', required: true },
      steps: { type: 'array', required: true },
      concurrency: { type: 'integer' },
      'fail-fast': { type: 'boolean' },
      outputs: { type: 'object' },
    },
    outputs: {},
    dynamic_outputs: false,
  },
  {
    uses: 'approval@v1',
    description: 'Waits until somebody approves.',
    runtime: 'control',
    inputs: {
      approvers: { type: ['array', 'string'], items: { type: 'string', minLength: 1 } },
      message: { type: 'string' },
      timeout: { type: ['string', 'number'] },
    },
    outputs: { decision: { type: 'string' }, by: { type: 'string' }, comment: { type: 'string' } },
    dynamic_outputs: false,
  },
  {
    uses: 'wait-for@v1',
    description: 'Waits for a signal.',
    runtime: 'control',
    inputs: {
      signal: { type: 'string', pattern: '^[A-Za-z0-9_.-]{1,100}$', required: true },
      schema: { type: 'object' },
      timeout: { type: ['string', 'number'] },
    },
    outputs: { payload: {}, by: { type: 'string' } },
    dynamic_outputs: false,
  },
];

const permissionSchemas: Readonly<Record<string, JsonObject>> = {
  net: {
    type: 'object',
    additionalProperties: false,
    required: ['url'],
    properties: {
      url: { type: 'string' },
      methods: { type: 'array', items: { enum: ['GET', 'POST'] } },
      private: { type: 'boolean' },
    },
  },
  fs: {
    type: 'object',
    oneOf: [
      { additionalProperties: false, required: ['read'], properties: { read: { type: 'string' } } },
      { additionalProperties: false, required: ['write'], properties: { write: { type: 'string' } } },
    ],
  },
};

/** A small catalogue for tests of the reader: the built-in nodes in outline. */
export const testCatalogue: NodeCatalogue = {
  find: (uses) => {
    if (uses === './broken')
      return { missing: 'plugin.yaml:1:1: unknown key `nme`', remedy: 'correct plugin.yaml in that folder' };
    const node = nodes.find((candidate) => candidate.uses === uses);
    return node === undefined ? { missing: 'no plugin of that name is installed' } : { node };
  },
  names: () => nodes.map(({ uses }) => uses),
  permissionSchemas: () => permissionSchemas,
  permissionProblem: (_capability, { read, methods, private: isPrivate }) => {
    if (typeof read === 'string' && read.startsWith('/')) return `\`${read}\` is absolute`;
    if (Array.isArray(methods) && methods.includes('POST')) return "`methods`: `post` can't be granted";
    return isPrivate === true ? 'a private address needs a reason' : undefined;
  },
};
