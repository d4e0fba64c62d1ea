import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, type Frame, FrameReader, headerBytesLimit, WireError } from './wire.ts';

const frames = fc.array(
  fc.record({ header: fc.record({ t: fc.string(), id: fc.nat() }), body: fc.uint8Array({ maxLength: 300 }) }),
  { maxLength: 8 },
);

/** Cuts bytes into chunks of the given sizes, again and again. */
function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  let offset = 0;
  for (let turn = 0; offset < bytes.byteLength; turn += 1) {
    const size = sizes[turn % sizes.length] ?? 1;
    yield bytes.subarray(offset, offset + size);
    offset += size;
  }
}

describe('frames', () => {
  it('come out as they went in, however the stream is cut', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(frames, sizes, (sent, cuts) => {
        const stream = Buffer.concat(sent.map(({ header, body }) => encodeFrame(header, body)));
        const reader = new FrameReader(1000);
        const received: Frame[] = [];
        for (const chunk of chunksOf(stream, cuts)) received.push(...reader.push(chunk));
        expect(received.map(({ header, body }) => ({ header, body: [...body] }))).toEqual(
          sent.map(({ header, body }) => ({ header: { v: 1, ...header }, body: [...body] })),
        );
      }),
    );
  });

  it('carry text as UTF-8', () => {
    const [frame] = new FrameReader(100).push(encodeFrame({ t: 'x' }, 'ü€😀'));
    expect(Buffer.from(frame?.body ?? []).toString()).toBe('ü€😀');
  });

  it('are refused before they are buffered where they are too large', () => {
    const reader = new FrameReader(10);
    expect(() => reader.push(encodeFrame({ t: 'x' }, new Uint8Array(11)).subarray(0, 8))).toThrow(WireError);
  });

  it.each([
    ['a header over its limit', prefix(100_000, headerBytesLimit + 1)],
    ['a header that is longer than its frame', prefix(4, 100)],
    ['a header that is no JSON', Buffer.concat([prefix(6, 2), Buffer.from('{{')])],
    ['a header that is a list', Buffer.concat([prefix(6, 2), Buffer.from('[]')])],
    ['a header that is null', Buffer.concat([prefix(8, 4), Buffer.from('null')])],
    ['another version', Buffer.concat([prefix(11, 7), Buffer.from('{"v":2}')])],
  ])('are refused with %s', (_, bytes) => {
    expect(() => new FrameReader(1_000_000).push(bytes)).toThrow(WireError);
  });

  it('of any bytes end in frames, patience or a WireError, never in anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(problemOf(() => new FrameReader(100).push(bytes))).toSatisfy(
          (problem) => problem === undefined || problem instanceof WireError,
        );
      }),
    );
  });
});

function problemOf(action: () => unknown): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return error;
  }
}

function prefix(total: number, header: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(total, 0);
  bytes.writeUInt32LE(header, 4);
  return bytes;
}
