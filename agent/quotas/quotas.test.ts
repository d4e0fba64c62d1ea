import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bound } from '../../runtime/policy/bounds.ts';
import { createQuotas, type Meter, type Quotas } from './index.ts';
import { Turnstile } from './turnstile.ts';

const never = new AbortController().signal;
const bound = (name: Bound['name'], most: number, rule = 'policy p.yaml:3'): Bound => ({ name, most, rule });

function enter(
  quotas: Quotas,
  options: {
    readonly tenant?: string;
    readonly run?: string;
    readonly bounds?: readonly Bound[];
    readonly ofRun?: readonly Bound[];
    readonly ofTenant?: readonly Bound[];
    readonly signal?: AbortSignal;
  } = {},
): Promise<Meter> {
  const invocation = {
    owner: { tenant: options.tenant ?? 'a', run: options.run ?? 'a1' },
    digest: 'sha256:0',
    bounds: options.bounds ?? [],
    quotas: { run: options.ofRun ?? [], tenant: options.ofTenant ?? [] },
  };
  return quotas.enter(invocation, options.signal ?? never);
}

/** Whether a promise is settled once all that can go on by itself has. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(
    () => (settled = true),
    () => (settled = true),
  );
  await new Promise((resolve) => setImmediate(resolve));
  return settled;
}

describe('what adds up', () => {
  it('is allowed up to the limit, and names limit and rule above it', async () => {
    const meter = await enter(createQuotas(), { bounds: [bound('host-calls', 2)] });
    expect([meter.spend('host-calls', 1), meter.spend('host-calls', 1)]).toEqual([undefined, undefined]);
    expect(meter.spend('host-calls', 1)).toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: 'the step exceeded the limit `host-calls`: 2 host calls',
      rule: 'policy p.yaml:3',
    });
    expect(meter.spend('bytes', 1e12)).toBeUndefined();
  });

  it('of a run is the sum of its invocations', async () => {
    const quotas = createQuotas();
    const ofRun = [bound('log-lines', 10, 'policy p.yaml:2 quotas.run')];
    const [one, two, other] = await Promise.all([
      enter(quotas, { ofRun }),
      enter(quotas, { ofRun }),
      enter(quotas, { ofRun, run: 'a2' }),
    ]);
    expect([one.spend('log-lines', 6), other.spend('log-lines', 6)]).toEqual([undefined, undefined]);
    expect(two.spend('log-lines', 6)).toMatchObject({ rule: 'policy p.yaml:2 quotas.run' });
  });

  it('of a tenant is the sum of its runs that have not ended', async () => {
    const quotas = createQuotas();
    const ofTenant = [bound('cpu', 1000)];
    const first = await enter(quotas, { ofTenant });
    expect(first.spend('cpu', 900)).toBeUndefined();
    const second = await enter(quotas, { ofTenant, run: 'a2' });
    expect(second.spend('cpu', 200)?.message).toBe(
      "the tenant's runs on this agent, together, exceeded the limit `cpu`: 1 s of processor time",
    );
    const stranger = await enter(quotas, { ofTenant, tenant: 'b', run: 'b1' });
    expect(stranger.spend('cpu', 900)).toBeUndefined();
    quotas.endRun('a1');
    expect(second.spend('cpu', 100)).toBeUndefined();
  });
});

describe('what is counted at one time', () => {
  it('waits its turn, and is let in when there is room', async () => {
    const quotas = createQuotas();
    const options = { bounds: [bound('concurrency', 1)] };
    const first = await enter(quotas, options);
    const second = enter(quotas, options);
    expect(await isSettled(second)).toBe(false);
    first.leave();
    first.leave();
    const third = enter(quotas, options);
    (await second).leave();
    expect(await isSettled(third)).toBe(true);
  });

  it('gives up when it is cancelled, without a trace', async () => {
    const quotas = createQuotas();
    const options = { ofRun: [bound('concurrency', 1)] };
    const first = await enter(quotas, options);
    const controller = new AbortController();
    const second = enter(quotas, { ...options, signal: controller.signal });
    controller.abort(new Error('cancelled'));
    await expect(second).rejects.toThrow('cancelled');
    first.leave();
    expect(await isSettled(enter(quotas, options))).toBe(true);
  });

  it('does not hold up others who have room', async () => {
    const quotas = createQuotas();
    const ofTenant = [bound('concurrency', 1)];
    await enter(quotas, { ofTenant });
    expect(await isSettled(enter(quotas, { ofTenant }))).toBe(false);
    expect(await isSettled(enter(quotas, { ofTenant, tenant: 'b', run: 'b1' }))).toBe(true);
  });

  it('lets programs of a run wait for each other, and refuses them where none is allowed', async () => {
    const quotas = createQuotas();
    const ofRun = [bound('programs', 1)];
    const [one, two] = await Promise.all([enter(quotas, { ofRun }), enter(quotas, { ofRun })]);
    const running = await one.program(never);
    const waiting = two.program(never);
    expect(await isSettled(waiting)).toBe(false);
    if (typeof running === 'function') running();
    expect(await waiting).toBeTypeOf('function');
    const none = await enter(quotas, { bounds: [bound('programs', 0)] });
    expect(await none.program(never)).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('never exceeds a limit, and leaves nobody waiting where all have left', async () => {
    const step = fc.record({ tenant: fc.constantFrom('a', 'b'), run: fc.nat(2) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 3 }), async (steps, most) => {
        const turnstile = new Turnstile();
        const inside = new Map<string, number>();
        let entered = 0;
        const visits = steps.map(async ({ tenant, run }) => {
          const leave = await turnstile.enter({ tenant, run: `${run}` }, [{ key: tenant, most }], { signal: never });
          inside.set(tenant, (inside.get(tenant) ?? 0) + 1);
          entered += 1;
          expect(inside.get(tenant)).toBeLessThanOrEqual(most);
          await new Promise((resolve) => setImmediate(resolve));
          inside.set(tenant, (inside.get(tenant) ?? 0) - 1);
          leave();
        });
        await Promise.all(visits);
        expect(entered).toBe(steps.length);
      }),
    );
  });
});
