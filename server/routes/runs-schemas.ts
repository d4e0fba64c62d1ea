import { tenantPattern } from '../auth/tenant.ts';
import type { Schema } from '../http/route.ts';
import { labels, named, workflowProperties } from './schedules-schemas.ts';

const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const dateTime: Schema = { type: 'string', format: 'date-time' };
const count: Schema = { type: 'integer', minimum: 0 };
const texts: Schema = { type: 'object', additionalProperties: { type: 'string' } };

/** Statuses of runs. */
export const runStatuses = [
  'queued',
  'running',
  'waiting',
  'blocked',
  'paused',
  'success',
  'failure',
  'cancelled',
] as const;

const runStatus: Schema = { enum: runStatuses };

/** Values of secrets, by their names. */
export const secretsSchema: Schema = {
  type: 'object',
  propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]{0,99}$' },
  additionalProperties: { type: 'string', maxLength: 65_536 },
  maxProperties: 100,
  writeOnly: true,
  description:
    'Values of secrets, by name, each with at least 4 characters other than white space. They are kept in memory until the run ends, and nowhere else.',
};

/** What a run is to be made of. */
const newRun: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['workflow'],
  properties: {
    ...workflowProperties,
    inputs: { ...named, description: 'By name. What is left out has its default.' },
    secrets: secretsSchema,
    vars: { ...named, description: 'What expressions read as `vars`.' },
    labels,
    dry_run: {
      type: 'boolean',
      default: false,
      description: 'Answers with what would run, and runs nothing. Secrets may be left out.',
    },
    tenant_id: {
      type: 'string',
      pattern: tenantPattern,
      description: 'Only keys of all tenants may name another than their own.',
    },
  },
};

const submittedRun: Schema = {
  type: 'object',
  required: ['id', 'workflow_id', 'status', 'warnings'],
  properties: {
    id: { type: 'string', description: 'The id of the run.' },
    workflow_id: { type: 'string', description: 'The same.' },
    status: runStatus,
    warnings: { type: 'array', items: reference('Error') },
  },
};

const dryRun: Schema = {
  type: 'object',
  description: 'What a run would be.',
  required: ['dry_run', 'digest', 'name', 'inputs', 'secrets', 'jobs', 'errors', 'warnings', 'plan'],
  properties: {
    dry_run: { type: 'boolean', enum: [true] },
    digest: { type: 'string', description: 'Of the plan.' },
    name: { type: 'string' },
    inputs: { type: 'object', description: 'With their types and defaults.' },
    secrets: { type: 'array', items: { type: 'string' }, description: 'Those that it can not do without.' },
    jobs: {
      type: 'object',
      description: 'By their keys, with what they need and their steps.',
      additionalProperties: { type: 'object' },
    },
    errors: {
      type: 'array',
      items: reference('Error'),
      description: 'What a submission would still be refused for: secrets that were left out, as its 422 has them.',
    },
    warnings: { type: 'array', items: reference('Error') },
    plan: { type: 'object', description: 'The whole plan.' },
  },
};

const awaited: Schema = {
  type: 'object',
  description: 'What somebody is to send: an approval, a signal, or values of secrets.',
  required: ['kind', 'name', 'job'],
  properties: {
    kind: { enum: ['approval', 'signal', 'secrets'] },
    name: { type: 'string' },
    id: {
      type: 'string',
      description: 'Of this one time that an approval or a signal is awaited: `awaited` of the answer.',
    },
    job: { type: 'string' },
    step: { type: 'string' },
    approvers: {
      type: 'array',
      items: { type: 'string' },
      description: 'Who may decide; nobody named: anybody with the permission.',
    },
    message: { type: 'string' },
    push_back_to: { type: 'array', items: { type: 'string' } },
    schema: { type: 'object', description: 'JSON Schema of the payload.' },
    since: { ...dateTime, description: 'Since when a step waits for it. Not in lists.' },
    until: { ...dateTime, description: 'When it gives up by itself. Not in lists; absent: never.' },
    secrets: {
      type: 'array',
      items: { type: 'string' },
      description: 'The names of those whose values are missing since the server was started anew: see `resumeRun`.',
    },
  },
};

/** What a run shows, in lists and elsewhere. */
export const runProperties: Readonly<Record<string, Schema>> = {
  id: { type: 'string' },
  tenant_id: { type: 'string' },
  workflow: { type: 'string', description: "The workflow's name." },
  name: { type: 'string', description: "`run-name`, evaluated; else the workflow's name." },
  file: { type: 'string' },
  status: runStatus,
  attempt: { type: 'integer', minimum: 1, description: '1, and one more with each rerun.' },
  labels: texts,
  origin: {
    type: 'object',
    description: 'Who or what started it.',
    required: ['kind', 'id', 'by'],
    properties: { kind: { enum: ['api', 'schedule', 'webhook'] }, id: { type: 'string' }, by: { type: 'string' } },
  },
  queues: {
    type: 'array',
    items: { type: 'string' },
    description:
      'Those that its jobs name by `runs-on`, as far as its file and its inputs told when it was submitted. Absent of runs from before servers kept them.',
  },
  created_at: dateTime,
  started_at: dateTime,
  ended_at: dateTime,
  awaits: {
    type: 'array',
    items: reference('AwaitedSignal'),
    description: 'What somebody is to send. In lists the first 20, without the `schema` of payloads; absent: nothing.',
  },
  error: reference('Error'),
};
/** What each run has of that. */
export const runRequired: readonly string[] = [
  'id',
  'tenant_id',
  'workflow',
  'name',
  'file',
  'status',
  'attempt',
  'labels',
  'origin',
  'created_at',
];

const run: Schema = { type: 'object', description: 'A run.', required: runRequired, properties: runProperties };

const runDetails: Schema = {
  type: 'object',
  description: 'A run with its jobs and steps.',
  required: [...runRequired, 'awaits', 'inputs', 'vars', 'secrets', 'jobs'],
  properties: {
    ...runProperties,
    inputs: { type: 'object' },
    vars: { type: 'object' },
    secrets: { type: 'array', items: { type: 'string' }, description: 'Their names.' },
    secrets_missing: {
      type: 'array',
      items: { type: 'string' },
      description:
        'Those whose values are gone since the server was started anew, whether or not a step waits for them yet: see `resumeRun`. Absent: none.',
    },
    jobs: {
      type: 'object',
      description:
        'By their keys: `build (linux, 24)` is a cell of a matrix, `deploy @web-3` a host, `release / build` a job of a called workflow.',
      additionalProperties: reference('RunJob'),
    },
  },
};

const skipReason: Schema = { type: 'object', description: 'The condition that was false, and what it read.' };

const runJob: Schema = {
  type: 'object',
  required: ['index', 'name', 'id', 'needs', 'status', 'attempts', 'outputs', 'steps'],
  properties: {
    index: { ...count, description: 'Its place among the jobs, from 0. The order of keys in JSON means nothing.' },
    name: { type: 'string' },
    id: { type: 'string', description: 'In its workflow file; the cells and hosts of a job share it.' },
    needs: {
      type: 'array',
      items: { type: 'string' },
      description: 'The ids of the jobs of its file that it needs.',
    },
    caller: {
      type: 'string',
      description: "The key of the job that calls its workflow. Absent: it is of the run's own file.",
    },
    status: {
      enum: ['waiting', 'queued', 'running', 'blocked', 'paused', 'success', 'failure', 'cancelled', 'skipped'],
    },
    waits_for: { enum: ['needs', 'group', 'approval', 'hosts', 'slot'] },
    reason: { type: 'string', description: 'Why it is blocked.' },
    waits_until: { ...dateTime, description: 'While it waits for an agent: when it gives up.' },
    attempts: count,
    agent: { type: 'string', description: 'The agent that has it, or had it last.' },
    agent_suspect: {
      type: 'boolean',
      enum: [true],
      description: 'It has not been heard of for some seconds, and may be lost.',
    },
    wave: {
      type: 'integer',
      minimum: 1,
      description: 'Of a host of a fleet: in which wave it starts. Absent where it ended so in an earlier attempt.',
    },
    started_at: dateTime,
    ended_at: dateTime,
    duration_ms: count,
    outputs: { type: 'object' },
    reused: { type: 'boolean', enum: [true], description: 'It ended so in an earlier attempt of the run.' },
    environment: { type: 'object' },
    skip_reason: skipReason,
    error: reference('Error'),
    steps: {
      type: 'object',
      description: 'By their keys, as far as the job has begun.',
      additionalProperties: reference('RunStep'),
    },
  },
};

const outcome: Schema = { enum: ['success', 'failure', 'cancelled', 'skipped'] };

const runStep: Schema = {
  type: 'object',
  required: ['index', 'name', 'uses', 'status', 'attempts', 'outputs', 'host_calls'],
  properties: {
    index: { ...count, description: 'Its place among the steps that are shown, from 0, in the order of the file.' },
    name: { type: 'string' },
    uses: { type: 'string' },
    status: { enum: ['pending', 'running', 'waiting', 'retrying', 'success', 'failure', 'cancelled', 'skipped'] },
    waits_until: { ...dateTime, description: 'While it waits for a signal: when it gives up. Absent: never.' },
    outcome,
    conclusion: { ...outcome, description: 'What the outcome comes to with `continue-on-error`.' },
    attempts: count,
    started_at: dateTime,
    ended_at: dateTime,
    duration_ms: count,
    outputs: { type: 'object' },
    host_calls: { type: 'object', required: ['allowed', 'denied'], properties: { allowed: count, denied: count } },
    plugin: { type: 'object', description: 'Which bytes ran: name, version and digest.' },
    iterations: { type: 'object', description: 'Of a loop: how many there are, and how those ended that are over.' },
    reused: { type: 'boolean', enum: [true] },
    skip_reason: skipReason,
    error: reference('Error'),
    last_lines: {
      type: 'array',
      items: { type: 'string' },
      description: 'The last lines of the log of a step that failed.',
    },
  },
};

const validation: Schema = {
  type: 'object',
  required: ['valid', 'diagnostics'],
  properties: { valid: { type: 'boolean' }, diagnostics: { type: 'array', items: reference('Error') } },
};

/** By their names in the OpenAPI document. */
export const runSchemas: Readonly<Record<string, Schema>> = {
  NewRun: newRun,
  SubmittedRun: submittedRun,
  DryRun: dryRun,
  AwaitedSignal: awaited,
  Run: run,
  RunDetails: runDetails,
  RunJob: runJob,
  RunStep: runStep,
  Validation: validation,
};
