import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonDepth, mostJsonValues, readJson, readJsonInTurns } from './json-text.ts';
import { HttpProblem } from './problem.ts';

function refusal(text: string): HttpProblem {
  try {
    readJson(text);
  } catch (thrown) {
    if (thrown instanceof HttpProblem) return thrown;
    throw thrown;
  }
  throw new Error(`it was read: ${text.slice(0, 80)}`);
}

test.each([
  ['{"a": tru}', 1, 7],
  ['{\n  "a": 1,\n  b: 2\n}', 3, 3],
  ['[1, 2', 1, 6],
  ['', 1, 1],
  ['{"a": "x\ny"}', 1, 9],
  ['{"a" 1}', 1, 6],
  ['[1,]', 1, 4],
  ['[01]', 1, 3],
  ['1 2', 1, 3],
  ['["\\x"]', 1, 4],
])('says where %j stops being JSON', (text, line, column) => {
  const { status, error } = refusal(text);
  expect({ status, line: error.line, column: error.column }).toEqual({ status: 400, line, column });
});

test('tells what is no JSON, 400, from what is JSON and not accepted, 422', () => {
  expect(refusal('{"a": 1').status).toBe(400);
  for (const text of ['{"a": 1, "a": 2}', '{"__proto__": 1}', '[1e999]', '['.repeat(200)]) {
    expect(refusal(text).status, text).toBe(422);
  }
});

test('refuses a key that comes twice, also where it is written differently', () => {
  expect(refusal('{"a": 1, "a": 2}').error).toMatchObject({ line: 1, column: 10 });
  expect(refusal('{"a": 1, "\\u0061": 2}').message).toContain('`a` comes twice');
  expect(readJson('[{"a": 1}, {"a": 2}]')).toEqual([{ a: 1 }, { a: 2 }]);
});

test('refuses the key that would replace a prototype', () => {
  expect(refusal('{"x": {"__proto__": {"admin": true}}}').message).toContain('`__proto__`');
  expect(refusal('{"\\u005f_proto__": 1}').message).toContain('`__proto__`');
  expect(readJson('["__proto__"]')).toEqual(['__proto__']);
});

test('refuses what is nested too deeply, however deep', () => {
  const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  expect(readJson(nested(jsonDepth))).toBeDefined();
  expect(refusal(nested(jsonDepth + 1)).message).toContain('nested deeper');
  expect(refusal('{"a":'.repeat(1_000_000)).message).toContain('nested deeper');
});

test('refuses more values than are quick to read, of whatever kind', () => {
  for (const value of ['1', '[]', '{}', '""', 'null']) {
    const list = (length: number): string => `[${Array.from({ length }, () => value).join(',')}]`;
    // The list is one itself.
    expect(readJson(list(mostJsonValues - 1))).toHaveLength(mostJsonValues - 1);
    expect(refusal(list(mostJsonValues)).message).toContain(`more than ${mostJsonValues} values`);
  }
  const keys = Array.from({ length: mostJsonValues }, (_, index) => `"${index}":1`).join(',');
  expect(refusal(`{${keys}}`).status).toBe(422);
});

test('gives others their turn while it reads what takes long', async () => {
  let turns = 0;
  let reading = true;
  const takeTurns = (): void => {
    turns += 1;
    if (reading) setImmediate(takeTurns);
  };
  const values = Array.from({ length: mostJsonValues / 2 - 1 }, (_, index) => ({ [index % 7]: '\n'.repeat(80) }));
  const text = JSON.stringify(values);
  setImmediate(takeTurns);
  const read = await readJsonInTurns(text);
  reading = false;
  expect(turns).toBeGreaterThan(1);
  expect(read).toEqual(readJson(text));
});

test('refuses numbers that no double holds and halves of surrogate pairs', () => {
  expect(refusal('[1e999]').message).toContain('too large');
  expect(refusal('["\\ud800"]').message).toContain('surrogate');
  expect(refusal('["\\ud800\\u0041"]').message).toContain('surrogate');
  expect(refusal('["\\udc00"]').message).toContain('surrogate');
  expect(readJson('["\\ud83d\\ude00"]')).toEqual(['😀']);
});

/** What a reader makes of a text; undefined where it refuses. */
function outcome(read: (text: string) => unknown, text: string): { readonly value: unknown } | undefined {
  try {
    return { value: read(text) };
  } catch {
    return undefined;
  }
}

test('reads JSON as JSON.parse does', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4, noUnicodeString: false }), fc.boolean(), (value, pretty) => {
      const text = JSON.stringify(value, null, pretty ? 2 : 0);
      // Both can be in what fast-check makes up.
      fc.pre(!text.includes('__proto__') && !/\\ud[89a-f]/u.test(text));
      expect(outcome(readJson, text)).toEqual({ value: JSON.parse(text) });
    }),
    { numRuns: 500 },
  );
});

test('refuses whatever JSON.parse refuses', () => {
  const pieces = ['{', '}', '[', ']', ',', ':', '"a"', '"', '1', '-', '.5', 'e3', 'true', 'nul', ' ', '\n', '\\', '0'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      expect([outcome(JSON.parse, text), undefined]).toContainEqual(outcome(readJson, text));
    }),
    { numRuns: 2000 },
  );
});
