import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerWithEngine, startServerWithEngine } from '../../e2e/server-with-engine.ts';
import { testAdmin } from '../testing/start-server.ts';

const named = (name: string) => ({ ...testAdmin, name });
const principals = {
  ada: named('ada'),
  mallory: named('mallory'),
  operator: { ...named('otto'), role: 'operator' as const },
};

const reviewed = `
name: reviewed
on: manual
jobs:
  build:
    steps:
      - { id: compile, run: 'echo compiled' }
      - { id: review, uses: approval@v1, with: { approvers: [ada], message: ship it? } }
      - { id: ship, run: 'echo shipped' }
`;
const paid = `
name: paid
on: manual
jobs:
  wait:
    outputs: { amount: '\${{ steps.payment.outputs.payload.amount }}' }
    steps:
      - id: payment
        uses: wait-for@v1
        with: { signal: payment, schema: { type: object, required: [amount], properties: { amount: { type: number } } } }
`;
const slow = `
name: slow
on: manual
jobs:
  work:
    steps:
      - { id: long, run: sleep 60 }
      - { id: tidy, if: always(), run: 'echo tidied' }
`;
const flaky = `
name: flaky
on: { manual: { inputs: { ok: { type: boolean, default: false } } } }
jobs:
  fine: { steps: [{ run: 'true' }] }
  shaky: { steps: [{ id: try, run: 'test "\${{ inputs.ok }}" = true' }] }
`;

let server: ServerWithEngine;
beforeAll(async () => {
  server = await startServerWithEngine({ principals });
});
afterAll(() => server[Symbol.asyncDispose]());

const operate = (run: string, verb: string, json?: unknown, by?: string) =>
  server.send('POST', `/v1/workflows/${run}/${verb}`, {
    ...(json === undefined ? {} : { json }),
    ...(by === undefined ? {} : { by }),
  });

describe('an approval', () => {
  it('is given by whom the workflow names, and nobody else', async () => {
    const run = await server.submit(reviewed);
    const waiting = await server.reach(run, 'waiting');
    expect(waiting).toMatchObject({
      awaits: [{ kind: 'approval', job: 'build', step: 'review', approvers: ['ada'], message: 'ship it?' }],
    });
    const refused = await operate(run, 'approvals', { decision: 'approve' }, 'mallory');
    expect([refused.status, refused.body?.['code'], refused.body?.['remedy']]).toEqual([
      403,
      'FORBIDDEN',
      expect.stringContaining('ada'),
    ]);
    expect((await operate(run, 'approvals', { decision: 'approve' }, 'operator')).status).toBe(403);
    const sneaked = { name: 'approval:build/review', payload: { decision: 'approve' } };
    expect((await operate(run, 'signals', sneaked, 'operator')).status).toBe(400);
    const other = await operate(run, 'approvals', { decision: 'approve', job: 'nothing' }, 'ada');
    expect([other.status, other.body?.['code']]).toEqual([409, 'SIGNAL_REFUSED']);
    const decided = await operate(run, 'approvals', { decision: 'approve', step: 'review', comment: 'go' }, 'ada');
    expect(decided).toMatchObject({ status: 202, body: { id: run, takes_effect: 'now' } });
    expect(await server.reach(run)).toMatchObject({
      status: 'success',
      jobs: { build: { steps: { review: { outputs: { by: 'ada', comment: 'go' } }, ship: { status: 'success' } } } },
    });
  });

  it('is refused, and the run fails', async () => {
    const run = await server.submit(reviewed);
    await server.reach(run, 'waiting');
    await operate(run, 'approvals', { decision: 'reject', comment: 'no' }, 'ada');
    expect(await server.reach(run)).toMatchObject({
      status: 'failure',
      jobs: {
        build: {
          steps: {
            review: { error: { code: 'REJECTED' }, outputs: { decision: 'rejected', by: 'ada', comment: 'no' } },
            ship: { status: 'skipped' },
          },
        },
      },
    });
  });

  it('pushes the run back', async () => {
    const run = await server.submit(reviewed);
    await server.reach(run, 'waiting');
    for (const to of [undefined, 'nowhere']) {
      const nowhere = await operate(run, 'approvals', { decision: 'push-back', ...(to && { to }) }, 'ada');
      expect([nowhere.status, nowhere.body?.['code'], nowhere.body?.['remedy']]).toEqual([
        422,
        'INVALID_INPUT',
        'Name a step in `to`: compile.',
      ]);
    }
    const back = await operate(run, 'approvals', { decision: 'push-back', to: 'compile' }, 'ada');
    expect(back.status).toBe(202);
    await server.reach(run, 'waiting');
    await operate(run, 'terminate');
  });
});

describe('a signal', () => {
  it('goes on with its payload, and is refused where that does not fit or nothing waits for it', async () => {
    const run = await server.submit(paid);
    await server.reach(run, 'waiting');
    const misfit = await operate(run, 'signals', { name: 'payment', payload: { amount: 'much' } });
    expect([misfit.status, misfit.body?.['code']]).toEqual([422, 'SIGNAL_REFUSED']);
    expect((await operate(run, 'signals', { name: 'other' })).status).toBe(409);
    expect((await operate(run, 'signals', { name: 'payment', payload: { amount: 12 } })).status).toBe(202);
    expect(await server.reach(run)).toMatchObject({ jobs: { wait: { outputs: { amount: '12' } } } });
    const late = await operate(run, 'signals', { name: 'payment', payload: { amount: 12 } });
    expect([late.status, late.body?.['code']]).toEqual([409, 'RUN_STATE']);
  });
});

describe('a run in progress', () => {
  it('is cancelled in order', async () => {
    const run = await server.submit(slow);
    await server.reach(run, 'running');
    const { status, body } = await operate(run, 'cancel', { reason: 'enough' }, 'ada');
    expect([status, body?.['id']]).toEqual([202, run]);
    expect(await server.reach(run)).toMatchObject({
      status: 'cancelled',
      error: { code: 'CANCELLED', message: 'it was cancelled: cancelled by ada: enough' },
      jobs: { work: { steps: { long: { status: 'cancelled' }, tidy: { status: 'success' } } } },
    });
    expect((await operate(run, 'cancel')).status).toBe(409);
  });

  it('is ended at once', async () => {
    const run = await server.submit(slow);
    await server.reach(run, 'running');
    await operate(run, 'terminate', { reason: 'now' });
    const ended = await server.reach(run);
    const why = { code: 'CANCELLED', message: 'the run was killed: terminated by test: now' };
    expect(ended).toMatchObject({ status: 'cancelled', error: why });
    const { body } = await server.send('GET', '/v1/workflows?status=cancelled&limit=1');
    expect(body?.['workflows']).toMatchObject([{ id: run, error: why }]);
    expect(JSON.stringify(ended)).not.toContain('tidied');
  });

  it('is paused and goes on', async () => {
    const run = await server.submit(reviewed);
    await server.reach(run, 'waiting');
    expect(await operate(run, 'pause', { reason: 'lunch' })).toMatchObject({ status: 202, body: { status: 'paused' } });
    expect((await operate(run, 'pause')).status).toBe(409);
    await operate(run, 'approvals', { decision: 'approve' }, 'ada');
    expect(await server.reach(run, 'paused')).toMatchObject({ status: 'paused' });
    expect((await operate(run, 'resume')).status).toBe(202);
    expect(await server.reach(run)).toMatchObject({ status: 'success' });
    expect((await operate(run, 'resume')).status).toBe(409);
  });
});

describe('a run that has ended', () => {
  it('runs again where it failed, with other inputs, and all else is reused', async () => {
    const run = await server.submit(flaky);
    expect(await server.reach(run)).toMatchObject({ status: 'failure', attempt: 1 });
    const wrong = await operate(run, 'rerun', { from: 'failed', inputs: { ok: 'perhaps' } });
    expect([wrong.status, wrong.body?.['errors']]).toMatchObject([422, [{ code: 'WRONG_TYPE' }]]);
    const again = await operate(run, 'rerun', { from: 'failed', inputs: { ok: true } }, 'ada');
    expect(again).toMatchObject({ status: 202, body: { id: run } });
    expect(again.body?.['ended_at']).toBeUndefined();
    expect(await server.reach(run, 'success')).toMatchObject({
      attempt: 2,
      inputs: { ok: true },
      jobs: { fine: { reused: true }, shaky: { status: 'success' } },
    });
    const { body } = await server.send('GET', `/v1/workflows?status=success&name=flaky`);
    expect(body?.['workflows']).toMatchObject([{ id: run, attempt: 2, status: 'success' }]);
  });

  it('runs again as it is asked for, and says what is missing or too much', async () => {
    const run = await server.submit(flaky, { inputs: { ok: true } });
    await server.reach(run);
    expect((await operate(run, 'rerun', { from: 'job' })).body?.['code']).toBe('INVALID_INPUT');
    expect((await operate(run, 'rerun', { job: 'fine' })).body?.['code']).toBe('INVALID_INPUT');
    expect((await operate(run, 'rerun', { from: 'job', job: 'nothing' })).body?.['code']).toBe('INVALID_INPUT');
    expect(await server.send('GET', `/v1/workflows/${run}`)).toMatchObject({ body: { status: 'success', attempt: 1 } });
    expect((await operate(run, 'rerun', { from: 'job', job: 'fine' })).status).toBe(202);
    await server.reach(run, 'success');
    expect((await operate(run, 'rerun')).status).toBe(202);
    expect(await server.reach(run, 'success')).toMatchObject({ attempt: 3 });
  });

  it('runs again once, however many ask at a time', async () => {
    const run = await server.submit(flaky);
    await server.reach(run);
    const answers = await Promise.all(Array.from({ length: 5 }, () => operate(run, 'rerun', { from: 'failed' })));
    expect(answers.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      202, 409, 409, 409, 409,
    ]);
    expect(await server.reach(run)).toMatchObject({ attempt: 2 });
  });

  it('cannot run again while more go on than may: 409, and nothing of it is changed', async () => {
    await using full = await startServerWithEngine({ activeRuns: 1 });
    const napping = `on: { manual: { inputs: { nap: { type: number, default: 0 } } } }
jobs: { nap: { steps: [{ run: 'sleep \${{ inputs.nap }}' }] } }`;
    const [one, other] = [await full.submit(napping), await full.submit(napping)];
    for (const run of [one, other]) await full.reach(run, 'success');
    const long = { json: { inputs: { nap: 60 } } };
    const third = await full.submit(napping, { inputs: { nap: 60 } });
    await full.reach(third, 'running');
    expect((await full.send('POST', `/v1/workflows/${one}/rerun`, long)).status).toBe(202);
    const refused = await full.send('POST', `/v1/workflows/${other}/rerun`, long);
    expect(refused).toMatchObject({ status: 409, body: { code: 'CONFLICT', detail: 'too many runs go on' } });
    expect((await full.send('GET', `/v1/workflows/${other}`)).body).toMatchObject({ status: 'success', attempt: 1 });
    for (const run of [one, third]) await full.send('POST', `/v1/workflows/${run}/terminate`, {});
  });

  it('cannot run again while it goes on', async () => {
    const run = await server.submit(reviewed);
    await server.reach(run, 'waiting');
    expect((await operate(run, 'rerun')).status).toBe(409);
    await operate(run, 'terminate');
    await server.reach(run);
  });
});
