import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describedApi } from '../../cli/commands/openapi.ts';
import { referenceOf } from './reference.ts';
import { keysTable, meaningOf, table, typeOf } from './tables.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'rest-api.md'), 'utf8');

describe('the reference of the REST API', () => {
  it('is what the routes say: else run `npm run generate`', () => {
    const [, made] = page.split(/^<!-- From here on made .* -->\n\n/m);
    expect(made).toBe(referenceOf(describedApi()));
  });

  it('has each operation, with who may and each status', () => {
    const reference = referenceOf({
      paths: {
        '/v1/things/{id}': {
          get: {
            operationId: 'getThing',
            tags: ['Things'],
            summary: 'A thing',
            'x-permission': 'runs:read',
            parameters: [
              { name: 'id', in: 'path', required: true, description: 'Which.', schema: { type: 'string' } },
              { name: 'last-event-id', in: 'header', schema: { enum: ['a', 'b'], default: 'a' } },
            ],
            requestBody: {
              required: false,
              content: {
                'application/json': { schema: { $ref: '#/components/schemas/Thing' }, example: { a: 'b' } },
                'text/plain': { schema: { type: 'string', description: 'A LogLine on each line.' } },
                'application/octet-stream': { schema: { type: 'string' } },
              },
            },
            responses: {
              200: {
                description: 'It.',
                headers: {
                  'X-Request-Id': { $ref: '#/components/headers/RequestId' },
                  Age: { description: 'How old it is.', schema: {} },
                },
                content: { 'application/json': { schema: { $ref: '#/components/schemas/Thing' } } },
              },
              404: { $ref: '#/components/responses/NotFound' },
            },
          },
        },
      },
      components: {
        schemas: { Thing: { type: 'object', required: ['a'], properties: { a: { type: 'string' } } } },
        responses: { NotFound: { description: 'It is not there.' } },
      },
    });
    expect(reference).toContain(
      '#### GET /v1/things/{id}\n\nA thing.\n\nOperation `getThing`; permission `runs:read`.',
    );
    expect(reference).toContain('| `id` | path | string | Which. |');
    expect(reference).toContain('| `Last-Event-ID` | header | `a`, `b` | Default: `a`. |');
    expect(reference).toContain(
      'Body (may be left out): `application/json`: [Thing](#thing), such as `{"a":"b"}`; or `text/plain`: a [LogLine](#logline) on each line; ' +
        'or `application/octet-stream`: bytes.',
    );
    expect(reference).toContain('| 200 | [Thing](#thing) | It. `Age`: How old it is. |');
    expect(reference).toContain('Also 404: see');
    expect(reference).toMatch(/^\| 404 \| It is not there\. \| .*\[NOT_FOUND\]\(errors\.md#not_found\)/m);
    expect(reference).toContain(
      '### Thing\n\n| key | type | required | meaning |\n| --- | --- | --- | --- |\n| `a` | string | yes | |',
    );
  });
});

describe('schemas in words', () => {
  it.each([
    [{ $ref: '#/components/schemas/Run' }, '[Run](#run)'],
    [{ const: true }, '`true`'],
    [{ type: 'array', items: { type: 'string', format: 'date-time' } }, 'list of time'],
    [{ oneOf: [{ const: false }, { type: 'string' }] }, '`false` or string'],
    [{ type: ['string', 'null'] }, 'string or null'],
    [{ type: 'object', additionalProperties: { type: 'string' } }, 'object of string by name'],
    [{}, 'anything'],
  ])('%j is %s', (schema, words) => {
    expect(typeOf(schema)).toBe(words);
  });

  it.each([
    [{ description: 'How many.', minimum: 1, maximum: 1000, default: 50 }, 'How many. 1 to 1,000. Default: `50`.'],
    [{ minLength: 16, maxLength: 256 }, '16 to 256 characters.'],
    [{ minLength: 1, maxLength: 9 }, 'At most 9 characters.'],
    [{ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }, 'At least 0.'],
  ])('%j means %s', (schema, words) => {
    expect(meaningOf(schema)).toBe(words);
  });

  it('shows keys within keys, and nothing that ends a cell', () => {
    const origin = { type: 'object', required: ['kind'], properties: { kind: { type: 'string', pattern: '^a|b$' } } };
    expect(keysTable({ properties: { origin, runs: { type: 'array', items: origin } } })).toBe(
      table(
        ['key', 'type', 'required', 'meaning'],
        [
          ['`origin`', 'object', '', ''],
          ['`origin.kind`', 'string', 'yes', 'Matches `^a|b$`.'],
          ['`runs`', 'list of object', '', ''],
          ['`runs[].kind`', 'string', 'yes', 'Matches `^a|b$`.'],
        ],
      ),
    );
    expect(table(['a'], [['b|c\nd']])).toBe('| a |\n| --- |\n| b\\|c d |');
  });
});
