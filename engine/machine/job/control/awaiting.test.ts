import { describe, expect, it } from 'vitest';
import type { Json } from '../../../../schemas/index.ts';
import { failure, JobDrive, success } from '../../testing/drive.ts';
import { type JobSketch, planOf, type StepSketch } from '../../testing/plans.ts';
import { awaitedSignals, outstandingJobCommands } from '../outstanding.ts';
import { jobProgress } from '../views/progress.ts';

function drive(steps: readonly StepSketch[], job: JobSketch = {}) {
  return new JobDrive(planOf({ jobs: { build: { ...job, steps } } }));
}

function approval(inputs: Record<string, Json> = {}, change: Partial<StepSketch> = {}): StepSketch {
  return { id: 'review', uses: 'approval@v1', with: inputs, ...change };
}

const review = 'approval:build/review';

describe('approval@v1', () => {
  it('waits for a decision without an agent, and says for whose', () => {
    const job = drive([approval({ approvers: ['alice', 'bob'], message: 'Deploy ${{ 1 }}?' })]);
    expect(job.commands).toEqual([
      {
        type: 'await_signal',
        awaited: {
          name: review,
          job: 'build',
          step: 'review',
          kind: 'approval',
          approvers: ['alice', 'bob'],
          message: 'Deploy 1?',
          id: 'build/review#1.1',
          push_back_to: [],
        },
      },
    ]);
    expect(awaitedSignals(job.state).map(({ name }) => name)).toEqual([review]);
    expect(job.step('review')).toMatchObject({ status: 'waiting', attempts: 1 });
    expect(jobProgress(job.state).state).toBe('waiting');
  });

  it('succeeds by an approval, and gives who said what', () => {
    const job = drive([approval({ approvers: 'alice' })]);
    expect(job.signal(review, { decision: 'approve', comment: 'fine' })).toMatchObject([
      { type: 'stop_awaiting', name: review },
      { type: 'finish_job' },
    ]);
    expect(job.step('review')).toMatchObject({
      status: 'success',
      outputs: { decision: 'approved', by: 'alice', comment: 'fine' },
    });
    expect(awaitedSignals(job.state)).toEqual([]);
  });

  it('fails by a rejection, which no retry covers', () => {
    const job = drive([approval({})], { retry: { on: ['failure', 'timeout', 'lost', 'limit', 'denied'] } });
    job.signal(review, { decision: 'reject', comment: 'too early' }, 'bob');
    expect(job.step('review').error).toMatchObject({ code: 'REJECTED', message: 'bob rejected it: too early' });
    expect(job.result).toMatchObject({ status: 'failure', attempts: 1 });
  });

  it('takes no decision of others, and nothing that is no decision', () => {
    const job = drive([approval({ approvers: ['alice'] })]);
    const before = job.state;
    job.signal(review, { decision: 'approve' }, 'mallory');
    job.signal(review, { decision: 'maybe' });
    job.signal('approval:build/other', { decision: 'approve' });
    expect(job.state).toBe(before);
  });

  it('fails when nobody decides in time: by its own timeout, or that of the step if it is shorter', () => {
    const own = drive([approval({ timeout: '2h' }, { timeout: 600 })]);
    expect(own.fire('wait/1/review/1')).toContainEqual({ type: 'stop_awaiting', name: review });
    expect(own.at).toBe(1000 + 7_200_000);
    expect(own.step('review').error).toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('within 2h'),
    });
    const step = drive([approval({ timeout: '2h' }, { timeout: 1 })]);
    step.fire('wait/1/review/1');
    expect(step.at).toBe(61_000);
  });

  it('is not ended by the time of the job, which rests while all of it waits for somebody', () => {
    const job = drive(
      [{ uses: 'sleep@v1', with: { duration: 60 } }, approval({}), { uses: 'sleep@v1', with: { duration: 60 } }],
      {
        timeout: 10,
      },
    );
    job.fire('sleep/1/0/1');
    expect(job.last).toContainEqual({ type: 'cancel_timer', timer: 'timeout/1/1' });
    job.tell({ type: 'signal_received', signal: { name: review, by: 'a', payload: { decision: 'approve' } } }, 9e9);
    expect(job.last).toContainEqual({ type: 'start_timer', timer: 'timeout/1/2', due: 9e9 + 540_000 });
  });

  it('ends with the job that is cancelled', () => {
    const job = drive([approval({ timeout: '2h' })]);
    expect(job.cancel()).toMatchObject([
      { type: 'stop_awaiting', name: review },
      { type: 'cancel_timer', timer: 'wait/1/review/1' },
      { type: 'finish_job' },
    ]);
    expect(job.step('review').outcome).toBe('cancelled');
  });

  it.each<[Record<string, Json>]>([
    [{ approvers: [1] }],
    [{ approvers: [''] }],
    [{ timeout: 'soon' }],
    [{ aprovers: [] }],
  ])('refuses %j', (inputs) => {
    const job = drive([approval(inputs)]);
    expect(job.step('review').error).toMatchObject({ code: 'INVALID_INPUT', line: 1 });
    expect(job.commands.map(({ type }) => type)).toEqual(['finish_job']);
  });
});

describe('pushing back', () => {
  const steps: readonly StepSketch[] = [
    { id: 'build' },
    { id: 'skipped', if: 'false' },
    { id: 'test', with: { feedback: '${{ job.feedback }}' }, retry: { attempts: 2, initial: 1000 } },
    approval({}, { if: 'always()' }),
    { id: 'deploy' },
  ];

  it('runs the step and those after it again, with the comment, and asks again', () => {
    const job = drive(steps);
    job.claim();
    job.end('build', success({ x: 1 }));
    expect(job.lastTask.context).toEqual({ job: { feedback: '' } });
    job.end('test', success({ x: 2 }));
    expect(awaitedSignals(job.state)[0]).toMatchObject({ push_back_to: ['build', 'test'] });
    job.signal(review, { decision: 'push-back', to: 'test', comment: 'more tests' });
    expect(job.lastTask).toMatchObject({ step: 'test', attempt: 2, context: { job: { feedback: 'more tests' } } });
    expect(job.step('review').status).toBe('pending');
    job.end('test', failure(), 2);
    job.fire('retry/1/test/3');
    job.end('test', success(), 3);
    job.signal(review, { decision: 'push-back', to: 'build' });
    expect(job.ran).toEqual(['build#1', 'test#1', 'test#2', 'test#3', 'build#4']);
    job.end('build', success(), 4);
    expect(job.lastTask).toMatchObject({ step: 'test', attempt: 4, context: { job: { feedback: '' } } });
    job.end('test', success(), 4);
    job.signal(review, { decision: 'approve' });
    expect(job.ran.at(-1)).toBe('deploy#1');
    job.end('deploy', success());
    expect(job.result?.status).toBe('success');
    expect(job.step('skipped').status).toBe('skipped');
  });

  it('numbers attempts on only of what may have run before', () => {
    const inner = { id: 'loop', items: ['x'], steps: [{ id: 'a' }, approval({}, { id: 'first' })] };
    const job = drive([{ id: 'zero' }, inner, approval({}, { id: 'second' }), { id: 'last' }]);
    job.claim();
    job.end('zero', success());
    job.end('loop[0].a', success());
    job.signal('approval:build/loop[0].first', { decision: 'push-back', to: 'loop[0].a' });
    job.end('loop[0].a', success(), 2);
    job.signal('approval:build/loop[0].first', { decision: 'approve' });
    job.signal('approval:build/second', { decision: 'push-back', to: 'loop' });
    job.end('loop[0].a', success(), 3);
    job.signal('approval:build/loop[0].first', { decision: 'push-back', to: 'loop[0].a' });
    job.end('loop[0].a', success(), 4);
    job.signal('approval:build/loop[0].first', { decision: 'approve' });
    job.signal('approval:build/second', { decision: 'approve' });
    expect(job.ran).toEqual(['zero#1', 'loop[0].a#1', 'loop[0].a#2', 'loop[0].a#3', 'loop[0].a#4', 'last#1']);
  });

  it('numbers on what lies between an approval and a later one that was pushed back over it', () => {
    const job = drive([{ id: 'a' }, approval({}, { id: 'one' }), { id: 'b' }, approval({}, { id: 'two' })]);
    job.claim();
    job.end('a', success());
    job.signal('approval:build/one', { decision: 'approve' });
    job.end('b', success());
    job.signal('approval:build/two', { decision: 'push-back', to: 'a' });
    job.end('a', success(), 2);
    job.signal('approval:build/one', { decision: 'push-back', to: 'a' });
    job.end('a', success(), 3);
    job.signal('approval:build/one', { decision: 'approve' });
    expect(job.step('one')).toMatchObject({ status: 'success', attempts: 3 });
    expect(job.ran).toEqual(['a#1', 'b#1', 'a#2', 'a#3', 'b#3']);
    job.end('b', success(), 3);
    expect(job.step('two')).toMatchObject({ status: 'waiting', attempts: 3 });
  });

  it('forgets a failure of what runs again, and keeps one of what does not', () => {
    const again = drive(steps);
    again.claim();
    again.end('build', success());
    again.end('test', failure('none'));
    again.signal(review, { decision: 'push-back', to: 'test' });
    again.end('test', success(), 2);
    again.signal(review, { decision: 'approve' });
    expect(again.ran.at(-1)).toBe('deploy#1');
    const kept = drive([{ id: 'zero' }, { id: 'one', if: 'always()' }, approval({}, { if: 'always()' }), {}]);
    kept.claim();
    kept.end('zero', failure());
    kept.end('one', success());
    kept.signal(review, { decision: 'push-back', to: 'one' });
    kept.end('one', success(), 2);
    kept.signal(review, { decision: 'approve' });
    expect(kept.result?.status).toBe('failure');
  });

  it('counts no outputs of what runs again, nor of what is inside of it', () => {
    const gate = { id: 'gate', condition: 'true', then: [{ id: 'x' }], outputs: { o: '${{ steps.x.outputs.o }}' } };
    const job = drive([gate, approval()]);
    job.claim();
    job.end('gate.x', success({ o: 'y'.repeat(1000) }));
    job.signal(review, { decision: 'push-back', to: 'gate' });
    job.end('gate.x', success({ o: 'z' }), 2);
    job.signal(review, { decision: 'approve' });
    expect(job.result).toMatchObject({ status: 'success' });
    expect(job.result?.output_bytes).toBeLessThan(100);
  });

  it('goes back within its own sequence alone', () => {
    const job = drive([{ id: 'build' }, { id: 'loop', items: ['x'], steps: [{ id: 'a' }, approval()] }]);
    job.claim();
    job.end('build', success());
    job.end('loop[0].a', success());
    const name = 'approval:build/loop[0].review';
    expect(awaitedSignals(job.state)).toMatchObject([{ name, push_back_to: ['loop[0].a'] }]);
    const before = job.state;
    job.signal(name, { decision: 'push-back', to: 'build' });
    expect(job.state).toBe(before);
    job.signal(name, { decision: 'push-back', to: 'LOOP[0].A' });
    expect(job.ran.at(-1)).toBe('loop[0].a#2');
  });

  it('asks anew for conditions that the agent evaluates, under other ids', () => {
    const job = drive([{ id: 'a', if: "hashFiles('x') != ''" }, approval()]);
    job.claim();
    job.tell({ type: 'evaluated', id: 'if/1/a/success', result: { ok: true } });
    job.end('a', success());
    job.signal(review, { decision: 'push-back', to: 'a' });
    expect(outstandingJobCommands(job.state)).toMatchObject([{}, { task: { id: 'if/1/a/success/1' } }]);
  });
});

describe('wait-for@v1', () => {
  const schema = { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } };
  const step: StepSketch = { id: 'paid', uses: 'wait-for@v1', with: { signal: 'payment-done', schema } };

  it('waits for its signal, and gives the payload and who sent it', () => {
    const job = drive([step]);
    expect(awaitedSignals(job.state)).toEqual([
      { name: 'payment-done', id: 'build/paid#1.1', job: 'build', step: 'paid', kind: 'signal', schema },
    ]);
    job.signal('payment-done', { id: 'x' });
    expect(job.result).toBeUndefined();
    job.signal('payment-done', { id: 7 }, 'shop');
    expect(job.step('paid')).toMatchObject({ status: 'success', outputs: { payload: { id: 7 }, by: 'shop' } });
  });

  it('takes the first signal alone', () => {
    const job = drive([step, { id: 'again', uses: 'wait-for@v1', with: { signal: 'payment-done' } }]);
    job.signal('payment-done', { id: 1 });
    job.signal('payment-done', 'two');
    expect(job.step('again').outputs).toEqual({ payload: 'two', by: 'alice' });
  });

  it.each<[string, Record<string, Json>]>([
    ['no name', {}],
    ['a name with a blank', { signal: 'a b' }],
    ['a name that is too long', { signal: 'x'.repeat(101) }],
    ['a schema that is none', { signal: 'a', schema: 'object' }],
  ])('refuses %s', (_, inputs) => {
    expect(drive([{ id: 'x', uses: 'wait-for@v1', with: inputs }]).step('x').error?.code).toBe('INVALID_INPUT');
  });

  it('refuses a name that another step of the job waits for', () => {
    const wait: StepSketch = { id: 'w', uses: 'wait-for@v1', with: { signal: 'go' } };
    const job = drive([{ id: 'loop', items: [1, 2], concurrency: 2, failFast: false, steps: [wait] }]);
    expect(job.step('loop[1].w').error).toMatchObject({
      code: 'INVALID_INPUT',
      message: 'step loop[0].w waits for the signal go already',
    });
    job.signal('go', null);
    expect(job.step('loop').iterations).toMatchObject({ success: 1, failure: 1 });
  });

  it('may be waited for by iterations at once, each under its own name', () => {
    const wait: StepSketch = { id: 'w', uses: 'wait-for@v1', with: { signal: 'go-${{ each.index }}' } };
    const outputs = { x: '${{ steps.w.outputs.payload }}' };
    const job = drive([{ id: 'loop', items: [1, 2], concurrency: 2, steps: [wait], outputs }]);
    expect(awaitedSignals(job.state).map(({ name }) => name)).toEqual(['go-0', 'go-1']);
    job.signal('go-1', 'second');
    job.throughJson();
    job.signal('go-0', 'first');
    expect(job.step('loop').outputs).toEqual({ x: ['first', 'second'] });
  });
});
