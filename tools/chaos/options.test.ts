import { expect, it } from 'vitest';
import { readOptions } from './options.ts';

it('has an engine disturbed a hundred times, by a seed of its own', () => {
  const options = readOptions(['--engine', 'temporal']);
  expect(options).toMatchObject({ kind: 'engine', engine: 'temporal', points: 100, json: false });
  expect(options).toHaveProperty('seed', expect.any(Number));
});

it('takes what is given', () => {
  const argv = ['--engine', 'embedded', '--points', '3', '--seed', '7', '--json'];
  expect(readOptions(argv)).toEqual({ kind: 'engine', engine: 'embedded', points: 3, seed: 7, json: true });
  expect(readOptions(['20', '7'])).toEqual({ kind: 'commands', rounds: '20', seed: '7' });
});

it.each([
  [['--engine', 'other'], '--engine is embedded or temporal'],
  [['--engine', 'temporal', '--points', '0'], '--points is a number'],
  [['--engine', 'temporal', '--seed', 'x'], '--seed is a number'],
  [['--engine', 'temporal', '20'], 'with --engine, 20 means nothing'],
  [['--points', '3'], 'are for an --engine'],
  [['--often'], "Unknown option '--often'"],
])('refuses %j', (argv, words) => {
  expect(readOptions(argv)).toContain(words);
});
