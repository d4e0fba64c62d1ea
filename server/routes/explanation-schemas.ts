import type { Schema } from '../http/route.ts';
import { reference } from './runs-answers.ts';
import { runStatuses } from './runs-schemas.ts';

const text: Schema = { type: 'string' };
const texts: Schema = { type: 'array', items: text };
const dateTime: Schema = { type: 'string', format: 'date-time' };
const count: Schema = { type: 'integer', minimum: 0 };
const listOf = (items: Schema): Schema => ({ type: 'array', items });
const place = { job: text, step: text };

const failedAttempt: Schema = {
  type: 'object',
  required: ['run_attempt', 'job_attempt', 'attempt', 'at', 'code', 'message'],
  properties: { run_attempt: count, job_attempt: count, attempt: count, at: dateTime, code: text, message: text },
};

const refusedCall: Schema = {
  type: 'object',
  required: ['capability', 'operation', 'subject', 'decision'],
  properties: {
    capability: text,
    operation: text,
    asked: { ...text, description: 'The whole call, as `listGrants` takes it: absent where it is long.' },
    subject: { ...text, description: 'What it was about.', examples: ['GET https://example.com/'] },
    decision: { enum: ['denied', 'invalid'] },
    reason: text,
    layer: { ...text, description: 'Which layer refused it.', examples: ['policy'] },
    rule: { ...text, description: 'The rule that refused it, with its place.' },
  },
};

const cause: Schema = {
  type: 'object',
  description: 'Something that failed by itself.',
  required: ['code', 'sentence', 'message', 'last_lines', 'refused_calls', 'earlier_attempts', 'fixes'],
  properties: {
    ...place,
    code: { ...text, description: 'One of the codes of docs/errors.md.' },
    sentence: { ...text, description: 'What happened, to follow a `because`.' },
    message: text,
    at: {
      type: 'object',
      description: 'Where: in the workflow file, or where the error says.',
      required: ['file', 'line', 'column'],
      properties: { file: text, line: { type: 'integer', minimum: 1 }, column: { type: 'integer', minimum: 1 } },
    },
    rule: { ...text, description: 'The rule that was broken.' },
    uses: text,
    plugin: {
      type: 'object',
      description: 'Which bytes ran.',
      required: ['name', 'version', 'digest'],
      properties: { name: text, version: text, digest: text },
    },
    agent: text,
    job_attempt: count,
    attempt: count,
    at_time: dateTime,
    exit_code: { type: 'integer' },
    clock: { enum: ['step', 'job', 'queue', 'answer'], description: 'Whose time ran out.' },
    expression: { ...text, description: 'The source of the expression that has no value.' },
    read: {
      description: 'What the expression read of inputs and outputs, as far as that is on record.',
      ...listOf({
        type: 'object',
        required: ['path', 'value'],
        properties: { path: text, value: {}, note: { ...text, description: 'Why it is as it is.' } },
      }),
    },
    queue: { ...text, description: 'Of a job that lost its agent, or got none: the queue that it needs one of.' },
    last_lines: { ...texts, description: "The end of the step's log." },
    refused_calls: listOf(refusedCall),
    earlier_attempts: listOf(failedAttempt),
    fixes: { ...texts, description: 'What to do about it, the most specific first.' },
  },
};

const comparison: Schema = {
  type: 'object',
  description: 'What is otherwise than in the last run of the workflow that succeeded. No value is told.',
  required: ['changes', 'same'],
  properties: {
    run: { ...text, description: 'That run. Absent: none is on record.' },
    ended_at: dateTime,
    changes: listOf({
      type: 'object',
      required: ['kind', 'text'],
      properties: {
        ...place,
        kind: { enum: ['workflow', 'plugin', 'input', 'variable', 'secret', 'grant', 'agent'] },
        text,
      },
    }),
    same: { ...texts, description: 'What is as it was then.' },
  },
};

const recurrence: Schema = {
  type: 'object',
  description: "How the first cause's step, or job, fared in runs before.",
  required: ['verdict', 'sentence', 'failed_in', 'succeeded_in'],
  properties: {
    verdict: {
      enum: ['new', 'repeated', 'flaky', 'unknown'],
      description: '`flaky`: with the same workflow, plugins, inputs, variables and grants it succeeded.',
    },
    sentence: text,
    failed_in: texts,
    succeeded_in: texts,
  },
};

const explanation: Schema = {
  type: 'object',
  description: 'Why a run is as it is, from what is on record. Lists have 50 entries at most.',
  required: [
    'version',
    'run',
    'workflow',
    'file',
    'name',
    'attempt',
    'status',
    'created_at',
    'answer',
    'causes',
    'consequences',
    'waits',
    'retried',
    'skipped',
    'tolerated',
    'next',
    'gaps',
  ],
  properties: {
    version: { type: 'integer', minimum: 1, description: 'Of the form of an explanation, which is 1.' },
    run: text,
    workflow: text,
    file: text,
    name: text,
    attempt: count,
    status: { enum: runStatuses },
    created_at: dateTime,
    ended_at: dateTime,
    answer: { ...text, description: 'Why, in a sentence.' },
    causes: { ...listOf(cause), description: 'What failed by itself, in the order in which it did.' },
    consequences: listOf({
      type: 'object',
      description: 'A job that did not run, or not to its end, since something else failed.',
      required: ['job', 'status', 'because'],
      properties: { job: text, status: { enum: ['skipped', 'cancelled', 'failure'] }, because: text },
    }),
    waits: listOf({
      type: 'object',
      description: 'What something in progress waits for, and who moves it on.',
      required: ['sentence', 'who'],
      properties: {
        ...place,
        sentence: text,
        who: text,
        queue: { ...text, description: 'The queue that it needs an agent of, where nobody gives it one.' },
        since: dateTime,
        until: { ...dateTime, description: 'When it gives up by itself.' },
        awaited: reference('AwaitedSignal'),
      },
    }),
    retried: listOf({
      type: 'object',
      description: 'What took more than one attempt.',
      required: ['job', 'attempts', 'status', 'verdict', 'failures'],
      properties: {
        ...place,
        attempts: count,
        status: text,
        verdict: { enum: ['flaky', 'failed each time', 'succeeded after a rerun', 'in progress'] },
        failures: listOf(failedAttempt),
      },
    }),
    skipped: listOf({
      type: 'object',
      description: 'What was skipped by a condition of its own, with the values that it read.',
      required: ['job', 'condition', 'read', 'result'],
      properties: {
        ...place,
        condition: text,
        read: listOf({ type: 'object', required: ['path', 'value'], properties: { path: text, value: {} } }),
        result: {},
      },
    }),
    tolerated: listOf({
      type: 'object',
      description: 'A step that failed without failing its job.',
      required: ['job', 'step', 'code', 'message'],
      properties: { ...place, code: text, message: text },
    }),
    cancelled: {
      type: 'object',
      description: 'Who ended it, and when.',
      required: ['reason'],
      properties: { at: dateTime, reason: text },
    },
    since: comparison,
    recurrence,
    next: listOf({
      type: 'object',
      description: 'A command to give next, behind `waterflow`.',
      required: ['words', 'about', 'why'],
      properties: {
        words: texts,
        about: {
          enum: ['run', 'file', 'place'],
          description:
            'What it is about: a run, the workflow file, or the server. For `run` and `place` name the server.',
        },
        why: text,
      },
    }),
    gaps: { ...texts, description: 'What of the record could not be read.' },
    left_out: { type: 'object', description: 'How many entries more a list has, by its name.' },
  },
};

/** By their names in the OpenAPI document. */
export const explanationSchemas: Readonly<Record<string, Schema>> = { Explanation: explanation };
