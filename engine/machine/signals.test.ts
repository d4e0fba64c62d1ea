import { describe, expect, it } from 'vitest';
import type { Json } from '../../schemas/index.ts';
import type { AwaitedSignal } from './run/protocol.ts';
import { signalProblem } from './signals.ts';
import { stepKey } from './testing/drive.ts';

const approval: AwaitedSignal = {
  name: 'approval:build/review',
  job: 'build',
  step: stepKey('review'),
  kind: 'approval',
  approvers: ['alice', 'bob'],
  push_back_to: [stepKey('test'), stepKey('build')],
};
const payment: AwaitedSignal = {
  name: 'payment-done',
  job: 'order',
  step: stepKey('paid'),
  kind: 'signal',
  schema: { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } },
};

function decide(payload: Json, by = 'alice') {
  return signalProblem(approval, { name: approval.name, by, payload });
}

describe('a signal', () => {
  it('is taken where something waits for it as it is', () => {
    expect(signalProblem([approval, payment], { name: 'payment-done', by: 'x', payload: { id: 1 } })).toBeUndefined();
    expect(signalProblem({ ...payment, schema: {} }, { name: 'payment-done', by: 'x', payload: null })).toBeUndefined();
  });

  it('is refused where nothing waits for it, with what something waits for', () => {
    expect(signalProblem([approval, payment], { name: 'payment', by: 'x', payload: null })).toMatchObject({
      code: 'SIGNAL_REFUSED',
      message: 'nothing waits for the signal payment',
      remedy: 'Send one that something waits for: approval:build/review, payment-done.',
    });
    expect(signalProblem([], { name: 'x', by: 'x', payload: null })?.remedy).toContain('Nothing waits');
  });

  it('that is for one time that it is awaited is refused at another', () => {
    const again: AwaitedSignal = { ...payment, id: 'order/paid#1.2' };
    const signal = { name: 'payment-done', by: 'x', payload: { id: 1 } };
    expect(signalProblem(again, { ...signal, awaited: 'order/paid#1.2' })).toBeUndefined();
    expect(signalProblem(again, { ...signal, awaited: 'order/paid#1.1' })).toMatchObject({
      code: 'SIGNAL_REFUSED',
      message: 'nothing waits as order/paid#1.1 any more',
      remedy: expect.stringContaining('order/paid#1.2'),
    });
  });

  it('is refused where its payload does not fit the schema, with the path and the reason', () => {
    expect(signalProblem(payment, { name: 'payment-done', by: 'x', payload: { id: 'x' } })?.message).toBe(
      "the payload of payment-done doesn't fit its schema: `payload.id` must be of type integer",
    );
  });

  it('is refused where its payload is larger than 256 KiB or nests too deeply', () => {
    const send = (payload: Json) =>
      signalProblem({ ...payment, schema: {} }, { name: 'payment-done', by: 'x', payload });
    expect(send('x'.repeat(262_142))).toBeUndefined();
    expect(send('x'.repeat(262_143))?.message).toContain('262145 bytes');
    const deep: Json = JSON.parse(`${'['.repeat(101)}${']'.repeat(101)}`);
    expect(send(deep)?.message).toContain('nested deeper than 100');
  });

  it('is taken where one of those that wait for its name takes it', () => {
    const other: AwaitedSignal = { ...payment, job: 'other', schema: { type: 'string' } };
    expect(signalProblem([payment, other], { name: 'payment-done', by: 'x', payload: 'x' })).toBeUndefined();
    expect(signalProblem([payment, other], { name: 'payment-done', by: 'x', payload: 1 })?.code).toBe('SIGNAL_REFUSED');
  });
});

describe('a decision', () => {
  it.each<[Json]>([
    [{ decision: 'approve' }],
    [{ decision: 'reject', comment: 'no' }],
    [{ decision: 'push-back', to: 'TEST', comment: 'again' }],
  ])('%j is taken', (payload) => {
    expect(decide(payload)).toBeUndefined();
  });

  it.each<[Json]>([
    ['approve'],
    [null],
    [['approve']],
    [{ decision: 'approved' }],
    [{ decision: 'approve', to: 'test' }],
    [{ decision: 'approve', comment: 1 }],
    [{ decision: 'push-back' }],
    [{ decision: 'approve', force: true }],
  ])('%j is none', (payload) => {
    expect(decide(payload)).toMatchObject({
      code: 'SIGNAL_REFUSED',
      message: expect.stringContaining('is no decision'),
    });
  });

  it('is refused of somebody who is no approver, with who is', () => {
    expect(decide({ decision: 'approve' }, 'mallory')).toMatchObject({
      message: 'mallory is no approver of step review of job build',
      remedy: 'Ask one of them: alice, bob.',
    });
    expect(decide({ decision: 'approve' }, 'ALICE')?.code).toBe('SIGNAL_REFUSED');
  });

  it('is taken of anybody where no approvers are named', () => {
    const open = { ...approval, approvers: [] };
    expect(signalProblem(open, { name: open.name, by: 'x', payload: { decision: 'approve' } })).toBeUndefined();
  });

  it('is refused where it goes back to a step that it may not, with those that it may', () => {
    expect(decide({ decision: 'push-back', to: 'deploy' })?.remedy).toBe(
      'Push it back to one of these steps: test, build.',
    );
    const first = { ...approval, push_back_to: [] };
    const back = { decision: 'push-back', to: 'x' };
    expect(signalProblem(first, { name: first.name, by: 'bob', payload: back })?.remedy).toContain('approve or reject');
  });
});
