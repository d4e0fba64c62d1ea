import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HttpProblem } from '../http/problem.ts';
import { LineAssembler } from './assembler.ts';
import { chunksOf } from './chunks.ts';
import { logWriting } from './formats.ts';
import type { StreamFormat } from './negotiate.ts';
import type { LogPart } from './read-log.ts';
import { segmentsOf } from './testing/segments.ts';
import { gathered, succeeded } from './testing/written-run.ts';

/** What somebody who wants to confuse readers of a log would write. */
const hostile = [
  'id: 99.1\ndata: {"text":"forged"}\n\nevent: end\ndata: {}\n\n',
  'a\r\rdata: forged\r\n\r\nevent: end\r\rretry: 1\r',
  '\u0000\u0007\u001b[2J\u001b]0;title\u0007\u001b]8;;http://x\u001b\\\u009b31m',
  'before\u2028data: x\u2029\u0085{"text":"forged"}\u000b\u000c\u001c\u001d\u001e',
  '\ud800 lone \udc00 \ufeff{"at":"now"}',
  '\u202eesrever\u2066\u200b',
  ': comment\n:\n',
];

/** Nothing goes wrong, and nothing ends it. */
const unbroken = { failed: () => {}, signal: new AbortController().signal };

function linesOf(text: string): readonly LogPart[] {
  const assembler = new LineAssembler();
  const lines = [...segmentsOf([{ text }]).flatMap((segment) => [...assembler.push(segment)]), ...assembler.end()];
  return [...lines.map((line) => ({ kind: 'line' as const, line })), { kind: 'end', state: succeeded }];
}

async function written(parts: readonly LogPart[], format: StreamFormat): Promise<string> {
  const chunks = chunksOf(streamOf(parts), logWriting('run-x', format), unbroken);
  return (await gathered(chunks)).join('');
}

async function* streamOf(parts: readonly LogPart[]): AsyncGenerator<LogPart, void, undefined> {
  yield* parts;
}

/** Event streams as the HTML Living Standard has browsers read them (9.2.6). */
function readEvents(stream: string): readonly { readonly event: string; readonly id: string; readonly data: string }[] {
  const events: { event: string; id: string; data: string }[] = [];
  let [event, id, data] = ['message', '', [] as string[]];
  for (const line of stream.split(/\r\n|\r|\n/u)) {
    const [, field = line, value = ''] = /^([^:]*): ?(.*)$/su.exec(line) ?? [];
    if (line === '') {
      if (data.length > 0) events.push({ event, id, data: data.join('\n') });
      [event, data] = ['message', []];
    } else if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id') id = value;
  }
  return events;
}

const anything = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...hostile) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
);

describe('what a step logs', () => {
  it('is never read as anything but text of its line, whatever it looks like', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async (text) => {
        const parts = linesOf(text);
        const texts = parts.flatMap((part) => (part.kind === 'line' ? [part.line.text] : []));
        const ndjson = await written(parts, 'ndjson');
        // Readers differ in what ends a line: Python's splitlines() knows all of these.
        // oxlint-disable-next-line no-control-regex -- these end lines
        const lines = ndjson.split(/\r\n|[\n\r\v\f\u001c-\u001e\u0085\u2028\u2029]/u).slice(0, -1);
        expect(lines.map((line) => JSON.parse(line).text)).toEqual(texts);
        const events = readEvents(await written(parts, 'sse'));
        expect(events.slice(0, -1).map(({ data }) => JSON.parse(data).text)).toEqual(texts);
        expect(events.map(({ event }) => event)).toEqual([...texts.map(() => 'message'), 'end']);
        expect(events.slice(0, -1).map(({ id, data }) => id === JSON.parse(data).position)).toEqual(
          texts.map(() => true),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('carries nothing into a terminal, and stays behind its job and step', async () => {
    for (const text of hostile) {
      const shown = await written(linesOf(text), 'text');
      expect(shown).toMatch(/^(?:\[build\/step\] [^\p{Cc}\p{Bidi_Control}\u2028\u2029]*\n)*$/u);
    }
  });

  it("can't be forged by the names of jobs and steps either", async () => {
    const assembler = new LineAssembler();
    const job = 'x] forged\n\u001b[2J[other';
    const [segment] = segmentsOf([{ job, text: 'text\n' }]);
    const parts: readonly LogPart[] = [
      ...Array.from(assembler.push(segment!), (line) => ({ kind: 'line' as const, line })),
      { kind: 'end', state: succeeded },
    ];
    expect((await written(parts, 'text')).split('\n')).toHaveLength(2);
    expect(readEvents(await written(parts, 'sse'))).toHaveLength(2);
  });
});

describe('a stream', () => {
  const failing = async function* (): AsyncGenerator<LogPart, void, undefined> {
    yield* linesOf('one\n').slice(0, 1);
    throw new Error('some detail of the machine');
  };

  it('that breaks off says why where its format can, without what nobody should know', async () => {
    const failures: unknown[] = [];
    const chunks = chunksOf(failing(), logWriting('run-x', 'sse'), {
      ...unbroken,
      failed: (thrown) => failures.push(thrown),
    });
    const events = readEvents((await gathered(chunks)).join(''));
    expect(events.map(({ event }) => event)).toEqual(['message', 'failure']);
    expect(JSON.parse(events[1]!.data)).toMatchObject({ code: 'INTERNAL', status: 500 });
    expect(events[1]!.data).not.toContain('detail');
    expect(failures).toHaveLength(1);
  });

  it('of lines that breaks off is cut, so that nobody takes it for the whole', async () => {
    await expect(gathered(chunksOf(failing(), logWriting('run-x', 'ndjson'), unbroken))).rejects.toThrow('some detail');
  });

  it('that the server ends is taken up again by clients of events, and whole for nobody else', async () => {
    const begun = linesOf('one\n').slice(0, 1);
    expect(readEvents(await written(begun, 'sse')).map(({ event }) => event)).toEqual(['message']);
    expect(await written(begun, 'text')).toMatch(/\n-- the log breaks off: the server is shutting down\n$/u);
    await expect(written(begun, 'ndjson')).rejects.toThrow('shutting down');
  });

  it('whose reader may not have it any more says so where its format can, and else is cut', async () => {
    const reading = new AbortController();
    const over = new HttpProblem(401, { code: 'UNAUTHENTICATED', message: 'the API key is revoked', remedy: 'None.' });
    const failures: unknown[] = [];
    const ended = (format: StreamFormat) =>
      gathered(
        chunksOf(streamOf(linesOf('one\ntwo\n').slice(0, 2)), logWriting('run-x', format), {
          signal: reading.signal,
          failed: (thrown) => failures.push(thrown),
        }),
      );
    reading.abort(over);
    const events = readEvents((await ended('sse')).join(''));
    expect(events.at(-1)).toMatchObject({ event: 'failure', data: expect.stringContaining('"UNAUTHENTICATED"') });
    expect((await ended('text')).join('')).toMatch(
      /\n-- the log breaks off: UNAUTHENTICATED: the API key is revoked\n$/u,
    );
    await expect(ended('ndjson')).rejects.toBe(over);
    // It is no failure of the server's.
    expect(failures).toEqual([]);
  });

  it('says which attempt of a step it has come to', async () => {
    const assembler = new LineAssembler();
    const segments = segmentsOf([{ text: 'a\n' }, { attempt: 2, text: 'b\nc\n' }, { job_attempt: 2, text: 'd\n' }]);
    const lines = segments.flatMap((segment) => [...assembler.push(segment)]);
    const parts: readonly LogPart[] = [
      ...lines.map((line) => ({ kind: 'line' as const, line })),
      { kind: 'end', state: succeeded },
    ];
    expect(await written(parts, 'text')).toBe(
      [
        '[build/step] a',
        '[build/step] -- attempt 2',
        '[build/step] b',
        '[build/step] c',
        "[build/step] -- attempt 1 of the job's attempt 2",
        '[build/step] d',
        '',
      ].join('\n'),
    );
  });
});
