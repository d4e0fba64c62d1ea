import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runPlugin } from './host.mjs';

const inputs = { name: ' Ada "ü€😀" ', path: 'greeting.txt' };

test('writes the greeting', () => {
  const { outputs, calls } = runPlugin(inputs, () => ({ ok: null }));
  const greeting = 'Hello, Ada "ü€😀"!';
  assert.deepEqual(outputs, { greeting });
  const args = { path: 'greeting.txt', content: `${greeting}\n` };
  assert.deepEqual(calls[0], { capability: 'fs', operation: 'write', args });
});

test('refuses an empty name', () => {
  assert.equal(runPlugin({ name: ' ', path: 'a' }, () => ({ ok: null })).error.message, 'name is empty');
});

test('ends with the denial', () => {
  const denied = { code: 'DENIED', message: 'No.', rule: 'manifest', remedy: 'Ask.' };
  assert.deepEqual(runPlugin(inputs, () => ({ denied })).error, { message: 'No.', call: 1, remedy: 'Ask.' });
});
