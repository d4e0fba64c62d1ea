import { describe, expect, it } from 'vitest';
import { createSchemaChecks } from './schema-check.ts';

const schema = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', minLength: 2, maxLength: 3, description: 'What it is called.', examples: ['ada'] },
    'a/b': { type: 'integer', minimum: 1, maximum: 9 },
    at: { type: 'string', format: 'date-time' },
    tags: { type: 'array', items: { type: 'string', pattern: '^[a-z]+$' }, maxItems: 2 },
    kind: { enum: ['queued', 'running'] },
    labels: { type: 'object', propertyNames: { pattern: '^[a-z]+$' }, additionalProperties: { type: 'string' } },
  },
};
const check = (value: object, subject = 'the body') => createSchemaChecks({}).check(schema, subject)(value);

describe('what is wrong with a body', () => {
  it.each([
    [{}, '/name', 'Add `name`.'],
    [{ name: 'ada', nmae: 1 }, '/nmae', 'Did you mean `name`?'],
    [{ name: 7 }, '/name', 'Send a text. It is: What it is called. For example: "ada".'],
    [{ name: 'a' }, '/name', 'Send at least 2.'],
    [{ name: 'adam' }, '/name', 'Shorten it to 3 characters at most.'],
    [{ name: 'ada', 'a/b': 0 }, '/a~1b', 'Send 1 or more.'],
    [{ name: 'ada', 'a/b': 10 }, '/a~1b', 'Send 9 or less.'],
    [{ name: 'ada', at: 'now' }, '/at', 'Write a time as RFC 3339 has it, such as 2026-05-01T12:00:00Z.'],
    [{ name: 'ada', tags: ['A'] }, '/tags/0', 'Write it in the form that the pattern describes.'],
    [{ name: 'ada', tags: ['a', 'b', 'c'] }, '/tags', 'Send 2 at most.'],
    [{ name: 'ada', kind: 'runing' }, '/kind', 'Did you mean `running`?'],
    [{ name: 'ada', kind: 7 }, '/kind', 'Use one of these.'],
    [{ name: 'ada', labels: { 'a b': 'x' } }, '/labels/a b', 'Write it in the form that the pattern describes.'],
  ])('%j is said once, where it is and what to do', (value, pointer, remedy) => {
    expect(check(value).map((error) => [error.pointer, error.remedy])).toEqual([[pointer, remedy]]);
  });

  it('of a query points nowhere', () => {
    expect(check({ name: 7 }, 'the query').map(({ pointer }) => pointer)).toEqual([undefined]);
  });
});
