import { expect, it } from 'vitest';
import { table } from './table.ts';

it('writes values of any kind into cells, and nothing that ends one', () => {
  expect(table({ 'a|b': 'one\ntwo', list: [1, null], nothing: null, empty: '' })).toBe(
    '| what | value |\n| --- | --- |\n| a\\|b | one two |\n| list | [1,null] |\n| nothing | – |\n| empty | – |\n',
  );
});
