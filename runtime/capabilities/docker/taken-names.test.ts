import { expect, test } from 'vitest';
import { TakenNames } from './taken-names.ts';

test('a name on a network is of one plugin until all of its containers are gone', () => {
  const names = new TakenNames();
  const [first, second] = [names.take('net', ['db'], 'a'), names.take('net', ['db', 'DB'], 'a')];
  const byAnother = () => names.take('net', ['cache', 'Db'], 'b');
  expect(byAnother).toThrow('another plugin of the run has a container called `Db`');
  first();
  first();
  expect(byAnother).toThrow('another plugin');
  second();
  byAnother()();
  expect(names.take('net', ['cache'], 'a')).toBeTypeOf('function');
});

test('a name is free on another network, and what could not be taken whole is not taken in part', () => {
  const names = new TakenNames();
  names.take('net', ['db'], 'a');
  names.take('other', ['db'], 'b');
  expect(() => names.take('net', ['cache', 'db'], 'b')).toThrow('another plugin');
  names.take('net', ['cache'], 'a');
});
