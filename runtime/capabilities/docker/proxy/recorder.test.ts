import { expect, test } from 'vitest';
import type { InnerDecision } from '../../../audit/api.ts';
import { makeTestScope } from '../../testing/call.ts';
import { createRecorder, type OpenRequest } from './recorder.ts';

const allowed: InnerDecision = { kind: 'allowed', decided_by: [] };
const denial = { code: 'DENIED', rule: 'a rule', message: 'it is not granted', remedy: 'Grant it.' } as const;

const ask = (request: OpenRequest, operation = 'request'): void =>
  request.record({ capability: 'docker', operation, args: { request: request.line } }, allowed);

test('requests beyond the bound are refused, and nothing of them is on record', async () => {
  await using scope = makeTestScope();
  const recorder = createRecorder(scope.audit, () => undefined, { recorded: 2 });
  for (const line of ['POST /one', 'POST /two']) {
    const request = recorder.begin(line);
    ask(request);
    request.allowed();
    request.ended();
  }
  const third = recorder.begin('POST /three');
  expect(() => ask(third)).toThrow('one exec may make 2 requests');
  const fourth = recorder.begin('POST /four');
  fourth.denied(denial);
  expect(scope.inner.map(({ call }) => call.args)).toEqual([{ request: 'POST /one' }, { request: 'POST /two' }]);
  expect(recorder.facts()).toMatchObject({ allowed: 2, denied: 1 });
});

test('looking that is allowed is only counted, but for logs; looking that is denied is on record', async () => {
  await using scope = makeTestScope();
  const recorder = createRecorder(scope.audit, () => undefined);
  ask(recorder.begin('GET /containers/x/json'));
  ask(recorder.begin('GET /containers/x/logs'), 'logs');
  recorder.begin('GET /secrets').denied(denial);
  expect(scope.inner.map(({ call, decision }) => [call.operation, decision.kind])).toEqual([
    ['logs', 'allowed'],
    ['request', 'denied'],
  ]);
});

test('a request that is denied twice is one denial, and one that fails is no denial', async () => {
  await using scope = makeTestScope();
  const recorder = createRecorder(scope.audit, () => undefined);
  const twice = recorder.begin('POST /one');
  twice.record({ capability: 'docker', operation: 'pull', args: {} }, { kind: 'denied', denial, decided_by: [] });
  twice.denied(denial);
  const late = recorder.begin('POST /two');
  ask(late);
  late.denied(denial);
  const failed = recorder.begin('POST /three');
  ask(failed);
  failed.note({ image: 'x' });
  failed.failed(500);
  expect(scope.inner.map(({ decision, outcome }) => [decision.kind, outcome?.result, outcome?.facts])).toEqual([
    ['denied', undefined, undefined],
    ['allowed', 'denied', {}],
    ['allowed', 'error', { image: 'x', status: 500 }],
  ]);
});
