import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { makeTestScope } from '../testing/call.ts';
import { isOfRun, madeByAgent, makeLabels, makeName } from './labels.ts';

const random = { bytes: (length: number): Uint8Array => new Uint8Array(randomBytes(length)) };

test('what an agent makes is known by its own name in its labels', async () => {
  await using scope = makeTestScope();
  const name = makeName(random);
  const labels = makeLabels(scope, 'agent-1', name);
  expect(madeByAgent(name, labels)).toBe(true);
  expect(isOfRun(labels, { agent: 'agent-1', tenant: 'default', run: 'run-1' })).toBe(true);
  expect(isOfRun(labels, { agent: 'agent-1', tenant: 'other', run: 'run-1' })).toBe(false);
  expect(isOfRun(labels, { agent: 'agent-2', tenant: 'default', run: 'run-1' })).toBe(false);
});

test('labels that a container has from its image don’t make it ours', async () => {
  await using scope = makeTestScope();
  const labels = makeLabels(scope, 'agent-1', makeName(random));
  expect(madeByAgent('production-database', labels)).toBe(false);
  expect(madeByAgent('production-database', { ...labels, 'dev.waterflow.name': 'production-database' })).toBe(false);
  expect(madeByAgent(makeName(random), labels)).toBe(false);
});
