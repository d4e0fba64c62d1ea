import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../schemas/index.ts';
import type { HostCall } from '../host-call.ts';
import type { InvocationRequest, Supervisor } from '../supervisor/api.ts';
import { createSupervisor } from '../supervisor/index.ts';
import { requestOf, script, wasm } from '../testing/invocation.ts';
import { assemble } from '../testing/wasm-builder.ts';
import { code } from '../testing/wasm-modules.ts';

let supervisor: Supervisor;
beforeAll(async () => {
  supervisor = await createSupervisor();
});
afterAll(() => supervisor[Symbol.asyncDispose]());

const deterministic = { now_ms: Date.UTC(2026, 0, 2, 3, 4, 5), seed: 'f'.repeat(64) };

/** Everything by which an isolate tells time or throws dice. */
const everySource = `
const formats = new Intl.DateTimeFormat('en-US', { timeZone: 'UTC', dateStyle: 'long' });
const seen = {
  now: Date.now(), made: new Date().getTime(), called: Date(), iso: new Date().toISOString(),
  constructed: new (new Date(0).constructor)().getTime(), reflected: Reflect.construct(Date, []).getTime(),
  derived: new (class extends Date {})().getTime(), dice: [Math.random(), Math.random()],
  format: formats.format(), parts: formats.formatToParts().map(({ value }) => value).join(''),
};`;

async function outputsOf(
  body: string,
  options: { readonly deterministic?: InvocationRequest['deterministic'] },
): Promise<Json> {
  const outcome = await supervisor.invoke(requestOf(script(body), { ...options, host: async () => ({ ok: null }) }));
  expect(outcome.kind === 'returned' ? '' : outcome.error.message).toBe('');
  return outcome.kind === 'returned' ? outcome.outputs : null;
}

describe('an isolate whose invocation is deterministic', () => {
  it('sees nothing of the machine by any of its sources', async () => {
    const seen = await outputsOf(`${everySource} return seen;`, { deterministic });
    const time = deterministic.now_ms;
    expect(seen).toMatchObject({
      now: time,
      made: time,
      iso: '2026-01-02T03:04:05.000Z',
      constructed: time,
      reflected: time,
      derived: time,
      format: 'January 2, 2026',
      parts: 'January 2, 2026',
    });
    expect(await outputsOf(`${everySource} return seen;`, { deterministic })).toEqual(seen);
    const other = { ...deterministic, seed: 'e'.repeat(64) };
    expect(await outputsOf('return { dice: Math.random() };', { deterministic: other })).not.toEqual(
      await outputsOf('return { dice: Math.random() };', { deterministic }),
    );
  });

  it('has a clock that its sleeps move, also those by name, and dice that are even', async () => {
    const body = `
const start = Date.now(); await host.sleep(1000); const slept = Date.now() - start;
await Promise.all([host.sleep(50), host.call('sleep', 'for', { ms: 20 })]);
let sum = 0; for (let index = 0; index < 1000; index += 1) { const die = Math.random(); if (die < 0 || die >= 1) throw new Error(String(die)); sum += die; }
return { slept, both: Date.now() - start, even: sum > 450 && sum < 550 };`;
    expect(await outputsOf(body, { deterministic })).toEqual({ slept: 1000, both: 1050, even: true });
  });

  it('is the usual one where nothing is said, or the next time', async () => {
    const before = Date.now();
    await outputsOf('return {};', { deterministic });
    const seen = await outputsOf(`${everySource} return seen;`, {});
    expect(seen).not.toEqual(await outputsOf(`${everySource} return seen;`, {}));
    expect((seen as { now: number }).now).toBeGreaterThanOrEqual(before); // As the script returns it.
  });

  it('keeps what dates are: their kinds, their names, and invalid ones', async () => {
    const body = `return {
      kinds: [new Date(0) instanceof Date, Date.prototype.constructor === Date, Object.prototype.toString.call(new Date())],
      names: [Date.name, Date.length, typeof Date()], parsed: Date.parse('2026-01-01T00:00:00Z'), utc: Date.UTC(2026, 0),
      invalid: [String(new Date(undefined)), String(new Date(NaN))], given: new Date(2026, 0, 2).getDate(), offset: new Date(0).getTimezoneOffset(),
      frozen: [Object.isFrozen(Date), Object.isFrozen(Math), Object.isFrozen(Date.prototype)],
      cached: (() => { const format = new Intl.DateTimeFormat(); return format.format === format.format; })(),
    };`;
    expect(await outputsOf(body, {})).toEqual({
      kinds: [true, true, '[object Date]'],
      names: ['Date', 7, 'string'],
      parsed: Date.UTC(2026, 0),
      utc: Date.UTC(2026, 0),
      invalid: ['Invalid Date', 'Invalid Date'],
      given: 2,
      offset: 0,
      frozen: [true, true, true],
      cached: true,
    });
  });
});

describe('a module whose invocation is deterministic', () => {
  const wasi = (name: string, parameters: readonly ('i32' | 'i64')[]) =>
    ({ module: 'wasi_snapshot_preview1', name, parameters, results: ['i32'] }) as const;
  /** Prints 8 bytes of the clock and 16 random ones. */
  const module = assemble({
    imports: [
      wasi('clock_time_get', ['i32', 'i64', 'i32']),
      wasi('random_get', ['i32', 'i32']),
      wasi('fd_write', ['i32', 'i32', 'i32', 'i32']),
    ],
    functions: [
      {
        exported: 'run',
        body: [
          ...code(
            ['i32', 0],
            ['i64', 0],
            ['i32', 0],
            ['call', 0],
            ['drop'],
            ['i32', 8],
            ['i32', 16],
            ['call', 1],
            ['drop'],
          ),
          ...code(['i32', 100], ['i32', 0], ['store32'], ['i32', 104], ['i32', 24], ['store32']),
          ...code(['i32', 1], ['i32', 100], ['i32', 1], ['i32', 120], ['call', 2], ['drop']),
        ],
      },
    ],
  });

  async function printed(request: { readonly deterministic?: InvocationRequest['deterministic'] }): Promise<Json> {
    const calls: HostCall[] = [];
    const host = async (call: HostCall) => (calls.push(call), { ok: null });
    const outcome = await supervisor.invoke(requestOf(wasm(module, { abi: 'extism' }), { ...request, host }));
    expect(outcome.kind).toBe('returned');
    return calls[0]?.args ?? null;
  }

  it("sees the same by WASI's clock and randomness again", async () => {
    const first = await printed({ deterministic });
    expect(await printed({ deterministic })).toEqual(first);
    expect(await printed({ deterministic: { ...deterministic, seed: 'e'.repeat(64) } })).not.toEqual(first);
    expect(await printed({})).not.toEqual(await printed({}));
  });
});
