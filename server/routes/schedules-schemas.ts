import { tenantPattern } from '../auth/tenant.ts';
import { cursorSchema } from '../http/page-cursor.ts';
import type { Schema } from '../http/route.ts';

const dateTime: Schema = { type: 'string', format: 'date-time' };
/** What people call something: a line. */
export const nameSchema: Schema = {
  type: 'string',
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
  description: "Default: the workflow's name.",
};
/** Values by their names: more than anybody writes, and fewer than are a burden to check. */
export const named: Schema = { type: 'object', maxProperties: 1000 };
const inputs: Schema = { ...named, description: 'Of each run, by name. What is left out has its default.' };
const vars: Schema = { ...named, description: 'What expressions read as `vars`, in each run.' };
/** Labels of runs. */
export const labels: Schema = {
  type: 'object',
  propertyNames: { pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$' },
  additionalProperties: { type: 'string', maxLength: 200 },
  maxProperties: 32,
  description:
    'What runs are found by. A name has up to 63 letters, digits and `._/-`, and begins with a letter or a digit; a value has up to 200 characters.',
};
const runLabels: Schema = { ...labels, maxProperties: 31, description: 'Of each run, beside `scheduled_at`.' };
const overlap: Schema = {
  enum: ['skip', 'queue', 'cancel'],
  description:
    'What becomes of a start that is due while a run of the schedule goes on: `skip` leaves it out, `queue` lets the first one wait, ' +
    '`cancel` cancels the run and starts the newest once it has ended.',
};

/** The text of a workflow, and what it calls. */
export const workflowProperties: Readonly<Record<string, Schema>> = {
  workflow: { type: 'string', minLength: 1, description: 'The text of the workflow file.' },
  file: {
    type: 'string',
    minLength: 1,
    maxLength: 200,
    description:
      'What the file is called where it comes from, a relative path: problems and runs name it so. Default: `workflow.yml`.',
  },
  files: {
    ...named,
    additionalProperties: { type: 'string' },
    description: 'The workflows that it calls, by their paths, relative to its folder.',
  },
};

/** Of whom something new is, or what is listed. */
export const tenantId: Schema = {
  type: 'string',
  pattern: tenantPattern,
  description: 'The tenant; only keys of all tenants may name another than their own.',
};

/** How pages are asked for. */
export const pageQuery: Readonly<Record<string, Schema>> = {
  limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
  cursor: cursorSchema('(?:sch|whk)_[0-9a-hjkmnp-tv-z]{26}'),
  name: { type: 'string', maxLength: 200, description: 'Exactly this name, which a tenant has once.' },
  tenant_id: tenantId,
};

/** A schedule, as paths name it. */
export const scheduleIdSchema: Schema = {
  type: 'string',
  pattern: '^sch_[0-9a-hjkmnp-tv-z]{26}$',
  description: 'The id of a schedule.',
};

const timing: Readonly<Record<string, Schema>> = {
  cron: {
    type: 'string',
    minLength: 1,
    maxLength: 500,
    description:
      'Minute, hour, day of the month, month, day of the week; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.',
    examples: ['30 6 * * mon-fri'],
  },
  timezone: {
    type: 'string',
    minLength: 1,
    maxLength: 100,
    description: 'A name of the IANA database. Default: `UTC`.',
  },
  overlap,
  catch_up: {
    oneOf: [
      { type: 'boolean', enum: [false] },
      { type: 'string', maxLength: 64 },
    ],
    description: 'Starts that were missed while no server ran are made up if they are younger; a duration, or false.',
    examples: ['6h'],
  },
};

/** A page of things: its list under `key`. */
export function pageOf(key: string, item: Schema): Schema {
  return {
    type: 'object',
    required: [key],
    properties: {
      [key]: { type: 'array', items: item },
      next_cursor: { type: 'string', description: 'Absent on the last page.' },
    },
  };
}

const schedule: Schema = {
  type: 'object',
  description: 'What starts runs of a workflow at its times.',
  required: [
    'id',
    'tenant_id',
    'name',
    'cron',
    'timezone',
    'overlap',
    'catch_up_ms',
    'paused',
    'inputs',
    'vars',
    'labels',
    'created_at',
    'created_by',
  ],
  properties: {
    id: { type: 'string' },
    tenant_id: { type: 'string' },
    name: { type: 'string' },
    cron: { type: 'string', description: 'Its five fields.' },
    timezone: { type: 'string' },
    overlap,
    catch_up_ms: { type: 'integer', minimum: 0 },
    paused: { type: 'boolean' },
    inputs,
    vars,
    labels: runLabels,
    created_at: dateTime,
    created_by: { type: 'string' },
    next_run_at: { ...dateTime, description: 'Absent while it is paused.' },
  },
};

const scheduleRun: Schema = {
  type: 'object',
  required: ['id', 'status', 'created_at'],
  properties: {
    id: { type: 'string' },
    status: { type: 'string' },
    scheduled_at: { ...dateTime, description: 'The start that it is. Absent: somebody triggered it.' },
    created_at: dateTime,
    started_at: dateTime,
    ended_at: dateTime,
  },
};

/** By their names in the OpenAPI document. */
export const scheduleSchemas: Readonly<Record<string, Schema>> = {
  Schedule: schedule,
  ScheduleDetails: {
    description: 'A schedule with its next and its last starts.',
    allOf: [
      { $ref: '#/components/schemas/Schedule' },
      {
        type: 'object',
        required: ['next_runs', 'last_runs'],
        properties: {
          next_runs: { type: 'array', items: dateTime, description: 'The next five; none while it is paused.' },
          last_runs: { type: 'array', items: scheduleRun, description: 'The last ten, newest first.' },
        },
      },
    ],
  },
  NewSchedule: {
    type: 'object',
    description:
      'Without `cron` the entries of `on.schedule` in the workflow are used, a schedule for each; what else is given takes the place of what they say.',
    required: ['workflow'],
    additionalProperties: false,
    properties: {
      ...workflowProperties,
      name: nameSchema,
      ...timing,
      inputs,
      vars,
      labels: runLabels,
      paused: { type: 'boolean' },
      tenant_id: tenantId,
    },
  },
  ScheduleChanges: {
    type: 'object',
    description: 'What is to be different. A new `workflow` keeps the times of the schedule.',
    minProperties: 1,
    dependentRequired: { files: ['workflow'], file: ['workflow'] },
    additionalProperties: false,
    properties: {
      ...workflowProperties,
      name: nameSchema,
      ...timing,
      inputs,
      vars,
      labels: runLabels,
      paused: { type: 'boolean' },
    },
  },
  NewSchedules: {
    type: 'object',
    required: ['schedules', 'warnings'],
    properties: {
      schedules: { type: 'array', minItems: 1, items: { $ref: '#/components/schemas/Schedule' } },
      warnings: { type: 'array', items: { $ref: '#/components/schemas/Error' } },
    },
  },
  Backfill: {
    type: 'object',
    required: ['from', 'to'],
    additionalProperties: false,
    properties: {
      from: { ...dateTime, description: 'The first time of which a start is carried out.' },
      to: { ...dateTime, description: 'The last one; not in the future.' },
    },
  },
  BackfilledRuns: {
    type: 'object',
    required: ['runs'],
    properties: {
      runs: {
        type: 'array',
        description: 'A run for each start, oldest first.',
        items: {
          type: 'object',
          required: ['id', 'scheduled_at', 'repeated'],
          properties: {
            id: { type: 'string' },
            scheduled_at: dateTime,
            repeated: { type: 'boolean', description: 'An earlier backfill had started it.' },
          },
        },
      },
    },
  },
  StartedRun: {
    type: 'object',
    required: ['id', 'workflow_id', 'status'],
    properties: {
      id: { type: 'string' },
      workflow_id: { type: 'string', description: 'The same as `id`.' },
      status: { type: 'string' },
    },
  },
};
