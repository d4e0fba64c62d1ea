import type { write } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createTerminalWriter } from './terminal-writer.ts';

/** A terminal that takes what it is given when the test lets it. */
function slowTerminal() {
  const taken: string[] = [];
  const waiting: ((answer: number | string) => void)[] = [];
  // Of the overloads of fs.write only this form is used.
  const fake = ((
    fd: number,
    bytes: Buffer,
    offset: number,
    length: number,
    _at: null,
    done: (error: unknown, written: number) => void,
  ) => {
    waiting.push((answer) => {
      if (typeof answer === 'string') return done({ code: answer }, 0);
      const written = Math.min(answer, length);
      taken.push(`${fd}:${bytes.toString('utf8', offset, offset + written)}`);
      done(null, written);
    });
  }) as unknown as typeof write;
  const later: (() => void)[] = [];
  const writer = createTerminalWriter({ write: fake, later: (_, callback) => void later.push(callback) });
  const answer = (value: number | string): void => waiting.shift()?.(value);
  return { writer, taken, answer, later };
}

describe('a writer to a terminal', () => {
  it('writes in order over both descriptors, one at a time', async () => {
    const { writer, taken, answer } = slowTerminal();
    writer.write(1, 'first');
    writer.write(2, 'second');
    writer.write(1, 'third');
    expect({ taken, behind: writer.behind() }).toEqual({ taken: [], behind: true });
    const drained = writer.drained();
    for (let turn = 0; turn < 3; turn += 1) answer(100);
    await drained;
    expect({ taken, behind: writer.behind() }).toEqual({ taken: ['1:first', '2:second', '1:third'], behind: false });
  });

  it('goes on where a write stopped half-way', () => {
    const { writer, taken, answer } = slowTerminal();
    writer.write(1, 'abcdef');
    answer(4);
    answer(4);
    expect(taken).toEqual(['1:abcd', '1:ef']);
  });

  it('tries again where the terminal is full', () => {
    const { writer, taken, answer, later } = slowTerminal();
    writer.write(1, 'text');
    answer('EAGAIN');
    expect({ taken, waits: later.length }).toEqual({ taken: [], waits: 1 });
    later[0]?.();
    answer(4);
    expect(taken).toEqual(['1:text']);
  });

  it('gives up where the terminal is gone, and holds nobody up', async () => {
    const { writer, answer } = slowTerminal();
    writer.write(1, 'text');
    writer.write(1, 'more');
    const drained = writer.drained();
    answer('EIO');
    await drained;
    writer.write(1, 'even more');
    await writer.drained();
    expect({ failure: writer.failure(), behind: writer.behind() }).toEqual({ failure: 'EIO', behind: false });
  });
});
