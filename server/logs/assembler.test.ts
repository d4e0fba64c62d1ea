import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordedLog } from '../../engine/port.ts';
import { LineAssembler, type LogLine, longestPiece } from './assembler.ts';
import { parsePosition } from './position.ts';
import { isWanted, mayHoldWanted } from './selection.ts';
import { segmentsOf } from './testing/segments.ts';

function linesOf(segments: readonly RecordedLog[], seen?: string): readonly LogLine[] {
  const from = seen === undefined ? undefined : parsePosition(seen);
  const assembler = new LineAssembler(from);
  const read = segments.filter(({ position }) => position > (from?.from ?? 0));
  return [...read.flatMap((segment) => [...assembler.push(segment)]), ...assembler.end()];
}

const textsOf = (lines: readonly LogLine[]): readonly string[] => lines.map(({ text }) => text);

describe('lines of a log', () => {
  it('puts together what was cut across segments, each step and stream for itself', () => {
    const segments = segmentsOf([
      { step: 'a', stream: 'stdout', text: 'one\ntw' },
      { step: 'a', stream: 'stderr', text: 'wrong' },
      { job: 'other', step: 'a', stream: 'stdout', text: 'x\r' },
      { step: 'a', stream: 'stdout', text: 'o\nthree\n' },
      { step: 'a', stream: 'stderr', text: '!\n' },
      { job: 'other', step: 'a', stream: 'stdout', text: '\ny' },
    ]);
    expect(linesOf(segments).map(({ job, stream, text }) => `${job} ${stream} ${text}`)).toEqual([
      'build stdout one',
      'build stdout two',
      'build stdout three',
      'build stderr wrong!',
      'other stdout x',
      'other stdout y',
    ]);
  });

  it('ends what a step left without a line end when the next step of its job writes, and not that of a body beside it', () => {
    const segments = segmentsOf([
      { step: 'loop[0].a', text: 'first ' },
      { step: 'loop[1].a', text: 'second ' },
      { step: 'loop[0].a', text: 'body' },
      { step: 'last', text: 'done\n' },
    ]);
    expect(textsOf(linesOf(segments))).toEqual(['second ', 'first body', 'done']);
  });

  it('says when a line began', () => {
    const [begun, ended] = segmentsOf([{ text: 'be' }, { text: 'gun\nnext\n' }]);
    expect(linesOf([begun!, ended!]).map(({ at }) => at)).toEqual([begun!.at, ended!.at]);
  });

  it('hands out an endless line in pieces that say so, and never half of a character', () => {
    const text = `${'x'.repeat(longestPiece - 1)}\u{1f600}`;
    const lines = linesOf(segmentsOf([{ text }, { text: 'y'.repeat(longestPiece) }, { text: 'end\n' }]));
    expect(lines.map(({ continues }) => continues ?? false)).toEqual([...lines.slice(1).map(() => true), false]);
    expect(textsOf(lines).every((piece) => piece.length <= longestPiece && piece.isWellFormed())).toBe(true);
    expect(textsOf(lines).join('')).toBe(`${text}${'y'.repeat(longestPiece)}end`);
  });

  it('keeps little of however many lines that nobody ends', () => {
    const assembler = new LineAssembler();
    const count = 5000;
    let handedOut = 0;
    for (let index = 1; index <= count; index += 1) {
      const [segment] = segmentsOf([{ job: `job ${index}`, text: 'x'.repeat(1000) }]);
      const lines = [...assembler.push({ ...segment!, position: index })];
      handedOut += lines.length;
      expect(lines.every(({ continues }) => continues === true)).toBe(true);
    }
    expect(handedOut).toBeGreaterThan(count - 1100);
  });

  it('goes on behind any line without a gap and without saying one twice', () => {
    const piece = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('\n', 'a', 'b\n', 'c\r\n', 'dd\nee', '\n\n') },
      { weight: 1, arbitrary: fc.constant('long'.repeat(longestPiece / 3)) },
    );
    const segment = fc.record({
      job: fc.constantFrom('build', 'test'),
      step: fc.constantFrom('one', 'two', 'loop[0].a', 'loop[1].a'),
      stream: fc.constantFrom('stdout' as const, 'stderr' as const),
      attempt: fc.constantFrom(1, 2),
      text: fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('')),
    });
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 30 }), fc.nat(), (parts, pick) => {
        const segments = segmentsOf(parts);
        const all = linesOf(segments);
        if (all.length === 0) return;
        const at = pick % all.length;
        expect(linesOf(segments, all[at]!.position)).toEqual(all.slice(at + 1));
      }),
      { numRuns: 500 },
    );
  });

  it('leaves out lines that cannot be wanted, and the others are as they would be with them', () => {
    const piece = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom('\n', 'a', 'Needle\n', 'nee', 'dle\r\n', '\u001b[1mnee\u001b[0mdle\n', 'b\tb\n'),
      },
      { weight: 1, arbitrary: fc.constantFrom(`${'long'.repeat(longestPiece / 3)}\n`, 'x'.repeat(longestPiece)) },
    );
    const segment = fc.record({
      job: fc.constantFrom('build', 'test'),
      step: fc.constantFrom('one', 'two', 'loop[0].a', 'loop[1].a'),
      attempt: fc.constantFrom(1, 2),
      text: fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join('')),
    });
    const filter = fc.record(
      { search: fc.constantFrom('needle', 'A', 'b    b', '中'), job: fc.constant('build'), step: fc.constant('loop') },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(segment, { maxLength: 30 }), filter, fc.nat(), (parts, wanted, pick) => {
        const segments = segmentsOf(parts);
        const all = linesOf(segments);
        const seen = pick % 2 === 0 ? undefined : all[pick % all.length]?.position;
        const from = seen === undefined ? undefined : parsePosition(seen);
        const assembler = new LineAssembler(from, mayHoldWanted(wanted));
        const read = segments.filter(({ position }) => position > (from?.from ?? 0));
        const found = read.flatMap((one) => (assembler.pass(one) ? [] : [...assembler.push(one)]));
        found.push(...assembler.end());
        const isFound = (line: LogLine): boolean => isWanted(line, wanted);
        expect(found.filter(isFound)).toEqual(linesOf(segments, seen).filter(isFound));
      }),
      { numRuns: 500 },
    );
  });

  it('goes on behind the last line of a run that ended and runs again', () => {
    const before = segmentsOf([{ text: 'whole\nno line end' }, { job: 'other', text: 'neither' }]);
    const last = linesOf(before).at(-1)!;
    const again = segmentsOf([...before, { attempt: 2, text: 'again\n' }]);
    expect(textsOf(linesOf(again, last.position))).toEqual(['again']);
  });
});

describe('a position', () => {
  it.each(['', '1', '1.', '1.2.', '1.2.3.4', '-1.2', '1.2\n', '9'.repeat(20), '1e3.1', '٣.١'])('is not %j', (text) => {
    expect(parsePosition(text)).toBeUndefined();
  });

  it('never begins behind the segment that it names', () => {
    expect(parsePosition('5.1.99')).toEqual({ segment: 5, line: 1, from: 4 });
  });
});
