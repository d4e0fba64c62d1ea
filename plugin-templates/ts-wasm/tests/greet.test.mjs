// Run by `npm test`. A running plugin imports no test, so nothing of this reaches the sandbox.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { greet } from '../greet.ts';

test('greets by name', () => {
  assert.equal(greet(' Ada '), 'Hello, Ada!');
});

test('refuses an empty name', () => {
  assert.throws(() => greet(' '), /name is empty/);
});
