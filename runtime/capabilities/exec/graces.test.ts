import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { execCapability } from '../exec.ts';
import { makeTestScope } from '../testing/call.ts';
import { gracesOf } from './graces.ts';
import { killGraces } from './powers.ts';
import { runTestExec, script } from './testing/run.ts';

test.each([
  [undefined, undefined, [7500, 2500]],
  [undefined, 400, [300, 100]],
  [{ interrupt_ms: 1000, terminate_ms: 9000 }, undefined, [1000, 9000]],
  [{ interrupt_ms: 9000 }, undefined, [9000, 1000]],
  [{ interrupt_ms: 10_000 }, undefined, [10_000, 0]],
  [{ terminate_ms: 500 }, undefined, [7500, 500]],
  [{ interrupt_ms: 0 }, undefined, [0, 2500]],
  [{ interrupt_ms: 20_000 }, 60_000, [20_000, 15_000]],
])('a call that asks for %j of an agent that gives %s ms has %j', (asked, cancel_grace_ms, expected) => {
  const scope = cancel_grace_ms === undefined ? {} : { cancel_grace_ms };
  const { interrupt_ms, terminate_ms } = gracesOf(asked, scope, killGraces);
  expect([interrupt_ms, terminate_ms]).toEqual(expected);
});

test('a program that asks for more than the agent gives does not start', async () => {
  await using scope = makeTestScope();
  const args = script('touch ran', { graces: { interrupt_ms: 400, terminate_ms: 101 } });
  await expect(runTestExec(execCapability, { ...scope, cancel_grace_ms: 500 }, { args })).rejects.toMatchObject({
    code: 'LIMIT_EXCEEDED',
    message: 'the graces are 501 ms together, and the agent gives 500 ms',
    remedy: expect.stringContaining('`cancel-grace`'),
  });
  expect(readdirSync(scope.workspace)).toEqual([]);
});
