import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { undecidedFile, vectorsIn, withoutMessage } from '../../dsl/expressions/testing/vectors.ts';
import { commandLine } from '../testing/terminal.ts';

const root = join(import.meta.dirname, '..', '..');
const launcher = join(root, 'bin', 'waterflow');
const vectorFolder = join(root, 'dsl', 'expressions', 'vectors');
/** For a machine that has much else to do. */
const longestMs = 120_000;

/** The command as a process of its own. */
async function batch(input: string | Uint8Array): Promise<readonly string[]> {
  const child = spawn(launcher, ['eval', '--batch'], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(input);
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  expect(code).toBe(0);
  return output.trimEnd().split('\n');
}

/** The answers to lines, in this process. */
async function answers(...lines: readonly unknown[]): Promise<readonly unknown[]> {
  const written = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  const { code, stdout } = await commandLine(['eval', '--batch'], { lines: written });
  expect(code).toBe(0);
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

const refused = (message: string): object => ({
  error: { kind: 'parsing', column: 1, message: expect.stringContaining(message) },
});

describe('waterflow eval --batch', () => {
  test('answers every test vector in one process', { timeout: longestMs }, async () => {
    const vectors = readdirSync(vectorFolder)
      .filter((name) => name.endsWith('.json') && name !== undecidedFile)
      .flatMap((name) => vectorsIn(readFileSync(join(vectorFolder, name), 'utf8')));
    const input = vectors.map(({ expr, contexts }) => `${JSON.stringify({ expr, contexts })}\n`).join('');
    const output = await batch(input);
    const wrong = vectors.flatMap((vector, index) => {
      const actual = withoutMessage(JSON.parse(output[index] ?? 'null'));
      return JSON.stringify(actual) === JSON.stringify(vector.expected) ? [] : [{ ...vector, actual }];
    });
    expect(wrong).toEqual([]);
    expect(output).toHaveLength(vectors.length);
  });

  test('answers 10,000 lines in their order, whatever ends them', { timeout: longestMs }, async () => {
    const numbers = Array.from({ length: 10_000 }, (_, index) => index);
    const lines = numbers.map((number) => JSON.stringify({ expr: 'inputs.n', contexts: { inputs: { n: number } } }));
    const output = await batch(`\ufeff${lines.join('\r\n')}`);
    expect(output.map((line) => JSON.parse(line).result.value)).toEqual(numbers);
  });

  test('reads a line of megabytes, with characters that other tools take for line breaks', {
    timeout: longestMs,
  }, async () => {
    const value = 'x\u2028'.repeat(2_000_000);
    const output = await batch(
      `${JSON.stringify({ expr: "endsWith(inputs.a, 'X\u2028')", contexts: { inputs: { a: value } } })}\n`,
    );
    expect(output.map((line) => JSON.parse(line))).toEqual([{ result: { kind: 'Boolean', value: true } }]);
  });

  test('says of each line that is no request what is wrong with it, and goes on', async () => {
    const lines = [
      'nonsense',
      '[1]',
      'null',
      '{"expr":1}',
      '{}',
      '{"expr":"1","contexts":[]}',
      '{"expr":"1","contexts":"a"}',
      '{"expr":"1"',
    ];
    expect(await answers(...lines, { expr: '2' })).toEqual([
      refused('not JSON'),
      refused('not an object'),
      refused('not an object'),
      refused('"expr" must be a string'),
      refused('"expr" must be a string'),
      refused('"contexts" must be an object'),
      refused('"contexts" must be an object'),
      refused('not JSON'),
      { result: { kind: 'Number', value: 2 } },
    ]);
  });

  test('passes over blank lines, and needs no contexts', async () => {
    const nothing = { result: { kind: 'Null', value: null } };
    const requests = [{ expr: 'inputs.a' }, { expr: 'inputs.a', contexts: null }];
    expect(await answers('', '  ', ...requests, '\t')).toEqual([nothing, nothing]);
  });

  test('refuses a key that is a slip of its own, and leaves other keys to the caller', async () => {
    expect(await answers({ expr: 'inputs.a', context: { inputs: { a: 1 } } }, { expr: '1', id: 7 })).toEqual([
      refused('"context" is no key'),
      { result: { kind: 'Number', value: 1 } },
    ]);
  });

  test('gives numbers that JSON cannot hold as their texts, wherever they are', async () => {
    expect(
      await answers({ expr: 'NaN' }, { expr: '-1e1000' }, { expr: `fromJSON('[1e1000, {"a": -1e1000}]')` }),
    ).toEqual([
      { result: { kind: 'Number', value: 'NaN' } },
      { result: { kind: 'Number', value: '-Infinity' } },
      { result: { kind: 'Array', value: ['Infinity', { a: '-Infinity' }] } },
    ]);
  });

  test('answers a line that is too long to be read, too', async () => {
    const { stdout } = await commandLine(['eval', '--batch'], { lines: [{ tooLong: true }, '{"expr":"1"}'] });
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([refused('too long'), { result: { kind: 'Number', value: 1 } }]);
  });

  test('survives data that is nested beyond reason', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    expect(
      await answers(`{"expr":"inputs","contexts":{"inputs":${deep}}}`, {
        expr: 'fromJSON(inputs.a)',
        contexts: { inputs: { a: deep } },
      }),
    ).toEqual([
      refused('nested'),
      { error: { kind: 'evaluation', column: 1, message: expect.stringContaining('nested') } },
    ]);
  });
});
