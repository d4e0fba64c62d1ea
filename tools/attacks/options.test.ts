import { describe, expect, it } from 'vitest';
import { readOptions } from './options.ts';

describe('the options of the attacks', () => {
  it('are all that there is where none is given', () => {
    expect(readOptions([])).toMatchObject({
      options: { levels: undefined, runtimes: ['isolate', 'wasm'], only: '**', what: 'attacks', until: 'end' },
    });
  });

  it.each([
    [['--bogus'], "Unknown option '--bogus'"],
    [['--runtime', 'bogus', '--runtime', 'wasm'], '--runtime bogus: there is no such runtime; there are isolate, wasm'],
    [['--level', '9', '--level', '3'], '--level 9: there is no such level; there are 0 to 4'],
    [['--level', ''], '--level : there is no such level'],
    [['--mutations', '--protection', 'constructor'], '--protection constructor: there is no such protection'],
    [['--mutations', '--control'], 'only one of'],
    [['extra'], "Unexpected argument 'extra'"],
  ])('%j are refused as a whole', (argv, problem) => {
    expect(readOptions(argv)).toMatchObject({ problem: expect.stringContaining(problem) });
  });

  it('are told of by --help', () => {
    expect(readOptions(['--help'])).toEqual({ help: true });
  });
});
