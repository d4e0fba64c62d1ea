import type { Schema } from '../http/route.ts';
import { logPositionPattern } from '../logs/log-position.ts';
import { mostTailLines } from '../logs/tail.ts';

const attempt: Schema = { type: 'integer', minimum: 1, maximum: 1_000_000 };
const name: Schema = { type: 'string', minLength: 1, maxLength: 1000 };

/** A run, as paths name it. */
export const runIdSchema: Schema = {
  type: 'string',
  pattern: '^run-[0-9a-hjkmnp-tv-z]{26}$',
  description: 'The id of a run.',
};

/** Which of a run's events. */
export const eventSequence: Schema = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

/** What a stream of lines can be asked for. */
export const logQuery: Readonly<Record<string, Schema>> = {
  job: { ...name, description: "Of this job only; a job's id means its matrix cells, hosts and called jobs, too." },
  step: { ...name, description: 'Of this step only, and the steps inside of it.' },
  attempt: { ...attempt, description: 'Of this attempt of a step only.' },
  job_attempt: { ...attempt, description: 'Of this attempt of a job only.' },
  since: {
    type: 'string',
    maxLength: 64,
    description: 'Lines that were begun at this time (RFC 3339) or later, or so long ago at most: `90s`, `1h30m`.',
    examples: ['10m', '2026-05-01T12:00:00Z'],
  },
  search: {
    type: 'string',
    minLength: 1,
    maxLength: 1000,
    description:
      'Only lines that hold this text, as they are shown: without colours, and whether letters are small or capital.',
    examples: ['timed out'],
  },
  limit: {
    type: 'integer',
    minimum: 1,
    maximum: mostTailLines,
    description: 'Ends after so many lines. What there is behind the last one comes with `after` its `position`.',
  },
  tail: {
    type: 'integer',
    minimum: 0,
    maximum: mostTailLines,
    description: 'Of the lines that are there by now only the last ones.',
  },
  follow: {
    type: 'boolean',
    description: 'Goes on until the run has ended. Default: true for `text/event-stream`, else false.',
  },
  format: {
    enum: ['ndjson', 'text', 'sse'],
    description: 'Comes before the `Accept` header.',
  },
  after: {
    type: 'string',
    pattern: `^$|${logPositionPattern}`,
    description: 'The `position` of a line: only what comes behind it. `tail` is then of no consequence.',
  },
};

/** Where an event stream goes on (HTML Living Standard, 9.2): behind an event with an `id` of this form. */
export function lastEventId(pattern: string): Schema {
  return {
    type: 'string',
    pattern: `^$|${pattern}`,
    description: 'The `id` of the last event that was received: the stream goes on behind it.',
  };
}

/** By their names in the OpenAPI document. */
export const logSchemas: Readonly<Record<string, Schema>> = {
  LogLine: {
    type: 'object',
    description: "A line of a step's log, secrets taken out.",
    required: ['at', 'job', 'step', 'job_attempt', 'attempt', 'stream', 'text', 'position'],
    properties: {
      at: { type: 'string', format: 'date-time', description: 'When its beginning was written.' },
      job: { type: 'string' },
      step: { type: 'string' },
      job_attempt: { type: 'integer', minimum: 1 },
      attempt: { type: 'integer', minimum: 1 },
      stream: { enum: ['stdout', 'stderr', 'log'] },
      text: { type: 'string', description: 'Without its line end.' },
      continues: {
        type: 'boolean',
        enum: [true],
        description: 'A line of more than 16,384 characters comes in pieces: this is not its last one.',
      },
      position: { type: 'string', description: 'To go on behind this line, with `after` or `Last-Event-ID`.' },
    },
  },
  RunEvent: {
    type: 'object',
    description: 'An event of a run, or of a job of it.',
    required: ['sequence', 'at', 'type', 'event'],
    properties: {
      sequence: { type: 'integer', minimum: 1, description: '1, 2, 3… within a run.' },
      at: { type: 'string', format: 'date-time' },
      job: { type: 'string', description: 'Absent: the event is of the run itself.' },
      type: { type: 'string', examples: ['step started'] },
      event: { type: 'object', description: 'What the machine of the run or of the job was told.' },
    },
  },
};
