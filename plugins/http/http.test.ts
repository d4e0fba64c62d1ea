import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode, formOf, multipartOf } from './body.ts';
import { parseDuration } from './duration.ts';
import { checkExpectation, misfitOf } from './expectation.ts';
import { explained } from './explained.ts';
import { checkInputs, type Inputs, parseSize } from './inputs.ts';
import { parsePath, sameJson, valueAt } from './json-path.ts';
import { waitOf } from './retry-after.ts';
import { describeExpectation, isExpected } from './status.ts';

/** With the defaults of plugin.yaml. */
const inputs = (given: Partial<Inputs>): Inputs => ({
  url: 'https://api.example.com/',
  method: 'POST',
  retries: 0,
  'retry-on': [429],
  'retry-wait': '1m',
  ...given,
});

describe('the statuses that a step expects', () => {
  it('are one, a class, or a list', () => {
    expect(isExpected(204, '2xx')).toBe(true);
    expect(isExpected(204, 204)).toBe(true);
    expect(isExpected(404, ['2XX', 404])).toBe(true);
    expect(isExpected(301, ['2xx', '404'])).toBe(false);
    expect(describeExpectation(['2xx', 404])).toBe('2xx or 404');
  });

  it.each(['fine', '2x', '6xx', '20', '', '2000'])('are not %j', (expectation) => {
    expect(() => isExpected(200, expectation)).toThrow('is neither a status (200) nor a class (2xx)');
  });
});

describe('the timeout', () => {
  it.each([
    ['10s', 10_000],
    ['500ms', 500],
    ['1m30s', 90_000],
    ['0.5s', 500],
    ['PT1M30S', 90_000],
    ['PT0.5S', 500],
    [3, 3000],
    ['3', 3000],
  ])('reads %j as %i ms', (value, milliseconds) => {
    expect(parseDuration(value, 'timeout')).toBe(milliseconds);
  });

  it.each(['soon', '', 0, -1, '5s!', 's', '1..5s'])('refuses %j', (value) => {
    expect(() => parseDuration(value, 'timeout')).toThrow('is no duration');
  });
});

describe('a body', () => {
  const encoded = (given: Partial<Inputs>) => encode(inputs(given), async () => 'between');

  it('is a text, JSON, a file, a form, or a form with files', async () => {
    expect(await encoded({})).toEqual({ headers: {} });
    expect(await encoded({ body: 'a', headers: { 'X-N': 1 } })).toEqual({ headers: { 'X-N': '1' }, body: 'a' });
    expect(await encoded({ body: [1] })).toEqual({ headers: { 'content-type': 'application/json' }, body: '[1]' });
    expect(await encoded({ 'body-file': 'ä b', headers: { 'Content-Type': 'text/csv' } })).toEqual({
      headers: { 'Content-Type': 'text/csv' },
      body: { file: 'ä b' },
    });
    expect(await encoded({ form: { a: 'b' } })).toMatchObject({ body: 'a=b' });
    expect(await encoded({ multipart: [{ name: 'a', value: 1 }] })).toMatchObject({
      headers: { 'content-type': 'multipart/form-data; boundary=between' },
    });
    await expect(encoded({ multipart: [{ name: 'a', value: 1 }], headers: { 'content-type': 'x/y' } })).rejects.toThrow(
      'has a type of its own',
    );
  });

  it('of a form is read by others as what was given', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })), (fields) => {
        const read = new URLSearchParams(formOf(fields));
        expect([...read]).toEqual(
          Object.entries(fields).map(([name, value]) => [name.toWellFormed(), value.toWellFormed()]),
        );
      }),
    );
    expect(formOf({ 'a b': ["!'()~*", true], n: 7 })).toBe('a+b=%21%27%28%29%7E*&a+b=true&n=7');
  });

  it('of a form with files is read by others as what was given, whatever the names are', async () => {
    const name = fc.string({ unit: fc.constantFrom('"', '\r', '\n', ';', 'ä', ' ', 'a', '%', '\\'), minLength: 1 });
    await fc.assert(
      fc.asyncProperty(name, name, async (field, filename) => {
        const parts = multipartOf(
          [
            { name: field, value: 'v' },
            { name: 'f', file: `x/${filename.replaceAll('/', '')}` },
          ],
          'B',
        );
        const body = parts.map((part) => (typeof part === 'string' ? part : 'content')).join('');
        const read = await new Response(body, {
          headers: { 'content-type': 'multipart/form-data; boundary=B' },
        }).formData();
        expect([...read.values()]).toMatchObject(['v', {}]);
        expect([...read.keys()]).toHaveLength(2);
      }),
    );
    expect(multipartOf([{ name: 'f', file: 'a/ü "x".csv', 'content-type': 'text/csv' }], 'B')).toEqual([
      '--B\r\nContent-Disposition: form-data; name="f"; filename="ü %22x%22.csv"\r\nContent-Type: text/csv\r\n\r\n',
      { file: 'a/ü "x".csv' },
      '\r\n',
      '--B--\r\n',
    ]);
    expect(() => multipartOf([{ name: 'f' }], 'B')).toThrow('needs either');
    expect(() => multipartOf([{ name: 'f', value: 1, file: 'x' }], 'B')).toThrow('needs either');
  });
});

describe('inputs that go together', () => {
  it.each<[Partial<Inputs>, string]>([
    [{ body: 'a', form: {} }, 'one body'],
    [{ user: 'me' }, 'belong together'],
    [{ user: 'me', password: 'p', token: 't' }, 'one Authorization header'],
    [{ token: 't', headers: { Authorization: 'x' } }, 'one Authorization header'],
    [{ 'client-key': 'k' }, 'belong together'],
    [{ url: 'http://a.example', 'client-key': 'k', 'client-certificate': 'c' }, 'https only'],
    [{ 'max-size': '1MiB' }, 'for a download'],
    [{ download: 'x', expect: { body: 'x' } }, 'not looked into'],
  ])('are not %j', (given, message) => expect(() => checkInputs(inputs(given))).toThrow(message));

  it('may be all the others', () => {
    const certificate = { 'client-key': 'k', 'client-certificate': 'c' };
    expect(() =>
      checkInputs(
        inputs({ ...certificate, user: 'me', password: 'p', download: 'x', 'max-size': 5, expect: ['2xx', 404] }),
      ),
    ).not.toThrow();
  });

  it.each([
    ['10MiB', 10_485_760],
    [5, 5],
    ['1 GiB', 1_073_741_824],
  ])('have %j as %i bytes', (size, bytes) => expect(parseSize(size)).toBe(bytes));
  it.each(['0', '-1', '5MB', 'much', ''])('have no size %j', (size) =>
    expect(() => parseSize(size)).toThrow('no size'),
  );
});

describe('a path into JSON', () => {
  const value = { items: [{ 'a name': 1 }, { 'a name': 2 }], 'it"s': null, ünï: true };
  it.each([
    ['$', value],
    ['$.items[1]["a name"]', 2],
    ["$.items[-2]['a name']", 1],
    ['$["it\\"s"]', null],
    ['$.ünï', true],
    ['$.items.length', undefined],
    ['$.constructor', undefined],
    ['$.items[5]', undefined],
    ['$.ünï.x', undefined],
  ])('%s leads to its value', (path, expected) => expect(valueAt(value, parsePath(path))).toEqual(expected));
  it.each(['', 'items', '$.', '$..a', '$[*]', '$.a b', '$[', '$[a]', '$.items[0', '$a'])('is not %j', (path) => {
    expect(() => parsePath(path)).toThrow('expect.json');
  });

  it('is compared as JSON is', () => {
    fc.assert(fc.property(fc.jsonValue(), (json) => sameJson(json as never, structuredClone(json) as never)));
    expect(sameJson({ a: 1, b: [2] }, { b: [2], a: 1 })).toBe(true);
    expect(sameJson([], {})).toBe(false);
    expect(sameJson({ a: 1 }, { a: 1, b: 2 })).toBe(false);
    expect(sameJson({ a: 1 }, { b: 1 })).toBe(false);
  });
});

describe('what is expected of the body', () => {
  const answer = { body: '{"state":"ready","n":3}', json: { state: 'ready', n: 3 } };
  it('is told where it isn’t there', () => {
    expect(misfitOf({ json: { '$.state': 'ready', '$.n': 3 }, body: '"n":\\d' }, answer)).toBeUndefined();
    expect(misfitOf({ json: { '$.state': 'done' } }, answer)).toBe('$.state is "ready", expected "done"');
    expect(misfitOf({ json: { '$.x': 1 } }, answer)).toBe('$.x is not there, expected 1');
    expect(misfitOf({ json: { $: 1 } }, { body: 'no', json: undefined })).toContain('no JSON');
    expect(misfitOf({ body: '^x' }, answer)).toContain('does not match /^x/u: {"state"');
  });

  it('is read before anything is sent', () => {
    expect(() => checkExpectation({ body: '(' })).toThrow('expect.body');
    expect(() => checkExpectation({ json: { state: 1 } })).toThrow('begin with');
    expect(() => checkExpectation({ status: ['2xx', 'fine'] })).toThrow('expect: "fine" is neither');
  });
});

describe('a failure of the request', () => {
  const failure = (code: string, message: string): Error =>
    Object.assign(new Error(message), { name: 'HostError', code });

  it.each([
    ['LIMIT_EXCEEDED', 'the response is larger than 9 bytes. Raise `max_bytes`.', {}, '`download`'],
    ['LIMIT_EXCEEDED', 'the response is larger than 9 bytes. Raise `max_bytes`.', { download: 'a' }, '`max-size`'],
    ['LIMIT_EXCEEDED', 'more than 5 redirects; the last led to /x', {}, '`redirects`'],
    ['TIMEOUT', 'https://a.example did not answer within 5 ms', {}, '`timeout`'],
    ['TIMEOUT', 'https://a.example: Connect Timeout Error', {}, '`retry`'],
    ['INVALID_ARGUMENTS', "the secret `A` can't stand in the body of a request. Send it", {}, '`token`'],
    ['INVALID_ARGUMENTS', "the secret `A` can't stand in `auth.basic.user`. Write it", {}, '`user`'],
  ] as const)('%s, %s: says what to do with this node’s inputs', (code, message, given, remedy) => {
    const said = explained(failure(code, message), inputs(given));
    expect(said).toMatchObject({ remedy: expect.stringContaining(remedy) });
    expect(said).not.toMatchObject({ message: expect.stringMatching(/max_bytes|Send|Write/) });
  });

  it('that the agent refused, or that isn’t known, stays the one it is', () => {
    for (const one of [failure('FAILED', 'x'), new Error('did not answer within 5 ms'), 'text']) {
      expect(explained(one, inputs({}))).toBe(one);
    }
  });
});

describe('asking again', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each([
    ['7', 1, 7000],
    ['0', 3, 0],
    ['Thu, 01 Jan 2026 00:00:05 GMT', 1, 5000],
    ['soon', 1, 1000],
    [undefined, 3, 4000],
    [undefined, 19, 60_000],
    ['3600', 1, 3_600_000],
  ])('waits for %j after attempt %i', (retryAfter, attempts, expected) => {
    expect(waitOf(retryAfter, { attempts, now, longest: 60_000 })).toBe(expected);
  });
});
