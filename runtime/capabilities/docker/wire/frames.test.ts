import { Readable } from 'node:stream';
import { array, assert, asyncProperty, constantFrom, nat, record, uint8Array } from 'fast-check';
import { expect, test } from 'vitest';
import { outputOf } from './frames.ts';

function frame(stream: 'stdout' | 'stderr', bytes: Uint8Array): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream === 'stdout' ? 1 : 2;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

async function read(chunks: readonly Buffer[]): Promise<{ stdout: Buffer; stderr: Buffer }> {
  const found = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  for await (const { stream, bytes } of outputOf(Readable.from(chunks))) {
    found[stream] = Buffer.concat([found[stream], bytes]);
  }
  return found;
}

test('what is sent arrives, however it is cut up', async () => {
  const frames = array(record({ stream: constantFrom('stdout' as const, 'stderr' as const), bytes: uint8Array() }));
  await assert(
    asyncProperty(frames, array(nat(20)), async (sent, cuts) => {
      let rest = Buffer.concat(sent.map(({ stream, bytes }) => frame(stream, bytes)));
      const chunks: Buffer[] = [];
      for (const cut of cuts) {
        chunks.push(rest.subarray(0, cut));
        rest = rest.subarray(cut);
      }
      const found = await read([...chunks, rest]);
      for (const stream of ['stdout', 'stderr'] as const) {
        const expected = Buffer.concat(sent.filter((item) => item.stream === stream).map(({ bytes }) => bytes));
        expect(found[stream]).toEqual(expected);
      }
    }),
  );
});

test('a frame that claims four gigabytes is handed on as it comes, and held nowhere', async () => {
  const header = Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
  const pieces = outputOf(Readable.from([header, Buffer.from('a'), Buffer.from('b')]));
  expect((await pieces.next()).value).toEqual({ stream: 'stdout', bytes: Buffer.from('a') });
  expect((await pieces.next()).value).toEqual({ stream: 'stdout', bytes: Buffer.from('b') });
  await expect(pieces.next()).rejects.toThrow('broke off');
});

test.each([
  ['an unknown stream', [3, 0, 0, 0, 0, 0, 0, 1]],
  ['stdin, which is none of output', [0, 0, 0, 0, 0, 0, 0, 1]],
  ['a terminal’s bytes', [...Buffer.from('hello, wo')]],
  ['half of a header', [1, 0, 0]],
])('%s is an error', async (_what, bytes) => {
  await expect(read([Buffer.from(bytes)])).rejects.toThrow(/form that is not its own|broke off/u);
});
