import { Readable } from 'node:stream';
import { array, assert, asyncProperty, dictionary, nat, string } from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../../../schemas/index.ts';
import { messagesOf } from './progress.ts';

async function read(chunks: readonly (string | Buffer)[]): Promise<JsonObject[]> {
  const found: JsonObject[] = [];
  for await (const message of messagesOf(Readable.from(chunks.map((chunk) => Buffer.from(chunk))))) found.push(message);
  return found;
}

test('messages arrive, however they are cut up', async () => {
  // `error` has a meaning of its own.
  const message = dictionary(string({ maxLength: 3 }), string({ unit: 'grapheme' }), { noNullPrototype: true });
  await assert(
    asyncProperty(array(message), array(nat(10)), async (sent, cuts) => {
      let rest = Buffer.from(sent.map((item) => `${JSON.stringify(item)}\r\n`).join(''));
      const chunks: Buffer[] = [];
      for (const cut of cuts) {
        chunks.push(rest.subarray(0, cut));
        rest = rest.subarray(cut);
      }
      expect(await read([...chunks, rest])).toEqual(JSON.parse(JSON.stringify(sent)));
    }),
  );
});

test('an error among them ends it, although the status was 200', async () => {
  await expect(read(['{"stream":"a"}\n{"errorDetail":{"message":"no"},"error":"no such image"}\n'])).rejects.toThrow(
    'no such image',
  );
});

test.each([
  ['text', 'hello\n'],
  ['a list', '[]\n'],
  ['null', 'null\n'],
  ['half a message', '{"stream":'],
])('%s is an error', async (_what, text) => {
  await expect(read([text])).rejects.toThrow(/not JSON|has no message/u);
});

test('a message without end is an error before it fills the memory', async () => {
  await expect(read(Array.from({ length: 80 }, () => 'x'.repeat(64 * 1024)))).rejects.toThrow('has no end');
});
