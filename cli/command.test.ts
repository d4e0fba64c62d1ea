import { expect, it } from 'vitest';
import { WaterflowFailure } from '../schemas/index.ts';
import { guarded } from './command.ts';
import { testTerminal } from './testing/terminal.ts';

it('tells what went wrong first, where putting things away failed because of it', async () => {
  const first = new WaterflowFailure({ code: 'STORAGE_FULL', message: 'the disk is full', remedy: 'Make room.' });
  const terminal = testTerminal();
  const code = await guarded(terminal, {}, async () => {
    await using _after = { [Symbol.asyncDispose]: () => Promise.reject(new Error('and then this')) };
    throw first;
  });
  expect(terminal.complaints()).toContain('STORAGE_FULL');
  expect(terminal.complaints()).toContain('the disk is full');
  expect(terminal.complaints()).not.toContain('disposal');
  expect(code).toBe(3);
});
