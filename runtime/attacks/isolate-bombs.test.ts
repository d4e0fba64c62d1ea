import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InvocationOutcome, Supervisor } from '../supervisor/api.ts';
import { createSupervisor } from '../supervisor/index.ts';
import { requestOf, script } from '../testing/invocation.ts';

/** A guest that tries to use up what it shares with others, and the codes with which that may end. */
interface Bomb {
  readonly name: string;
  readonly body: string;
  readonly codes: readonly string[];
}

const bombs: readonly Bomb[] = [
  { name: 'loops for ever', body: 'for (;;);', codes: ['TIMEOUT'] },
  { name: 'recurses without end', body: 'const f = () => f() + 1; f();', codes: ['STEP_FAILED'] },
  {
    name: 'catches its own recursion for ever',
    body: 'const f = () => { try { f(); } finally { f(); } }; f();',
    codes: ['TIMEOUT', 'STEP_FAILED'],
  },
  { name: 'grows arrays', body: 'const a = []; for (;;) a.push(new Array(1000).fill(1));', codes: ['OUT_OF_MEMORY'] },
  {
    name: 'grows strings',
    body: 'const a = []; for (let i = 0; ; i++) a.push(("x" + i).repeat(100000) + i);',
    codes: ['OUT_OF_MEMORY'],
  },
  {
    name: 'doubles a flat string',
    body: 'let s = "xy"; for (;;) { s = s + s; s.charCodeAt(s.length - 1); }',
    codes: ['OUT_OF_MEMORY', 'STEP_FAILED'],
  },
  {
    name: 'grows a Map',
    body: 'const m = new Map(); for (let i = 0; ; i++) m.set(i, { i });',
    codes: ['OUT_OF_MEMORY'],
  },
  {
    name: 'grows a Set of texts',
    body: 'const m = new Set(); for (let i = 0; ; i++) m.add("k" + i);',
    codes: ['OUT_OF_MEMORY', 'TIMEOUT'],
  },
  {
    name: 'grows typed arrays',
    body: 'const a = []; for (;;) a.push(new Uint8Array(1 << 20).fill(1));',
    codes: ['OUT_OF_MEMORY'],
  },
  {
    name: 'moves a buffer into a larger one for ever',
    body: 'let b = new ArrayBuffer(1 << 24); for (;;) b = b.transfer(b.byteLength + 1);',
    codes: ['OUT_OF_MEMORY', 'TIMEOUT'],
  },
  {
    name: 'makes buffers that may grow',
    body: 'const l = []; for (;;) l.push(new ArrayBuffer(8, { maxByteLength: 4e9 }));',
    codes: ['OUT_OF_MEMORY'],
  },
  {
    name: 'grows one buffer',
    body: 'new ArrayBuffer(8, { maxByteLength: 1e9 }).resize(1e9);',
    codes: ['OUT_OF_MEMORY'],
  },
  {
    name: 'registers what is collected for ever',
    body: 'const f = new FinalizationRegistry(() => {}); for (let i = 0; ; i++) f.register({}, i);',
    codes: ['OUT_OF_MEMORY', 'TIMEOUT'],
  },
  {
    name: 'walks a sparse array',
    body: 'const a = []; a.length = 2 ** 32 - 1; a.reverse();',
    codes: ['TIMEOUT'],
  },
  { name: 'returns a sparse array', body: 'return { a: new Array(2 ** 32 - 1) };', codes: ['INVALID_OUTPUT'] },
  {
    name: 'returns a proxy with keys without end',
    body: `return new Proxy({}, {
      ownKeys: () => Array.from({ length: 1e6 }, (_, i) => 'k' + i),
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: 1 }),
      get: (_, key) => (key === 'then' || key === 'toJSON' ? undefined : 1) });`,
    codes: ['OUT_OF_MEMORY', 'OUTPUT_TOO_LARGE'],
  },
  {
    name: 'throws an error whose stack is a bomb for whoever reads it',
    body: 'throw Object.defineProperty(new Error("x"), "stack", { value: "a:1".repeat(3e6) });',
    codes: ['TIMEOUT', 'STEP_FAILED'],
  },
  {
    name: 'collects an endless generator',
    body: 'await Array.fromAsync((async function* () { for (;;) yield "x".repeat(1000); })());',
    codes: ['OUT_OF_MEMORY'],
  },
  {
    name: 'asks for one huge buffer',
    body: 'new Uint8Array(2 ** 32).fill(1);',
    codes: ['OUT_OF_MEMORY', 'STEP_FAILED'],
  },
  {
    name: 'runs a catastrophic regular expression',
    body: '/^(a+)+$/.test("a".repeat(40) + "!");',
    codes: ['TIMEOUT'],
  },
  {
    name: 'replaces without end',
    body: 'let s = "a".repeat(1 << 20); for (;;) s = s.replace(/a/g, "aaaa").slice(0, 1 << 24);',
    codes: ['TIMEOUT', 'OUT_OF_MEMORY'],
  },
  {
    name: 'parses a deep JSON bomb',
    body: 'for (;;) try { JSON.parse("[".repeat(5_000_000)); } catch {}',
    codes: ['TIMEOUT', 'OUT_OF_MEMORY', 'SANDBOX_CRASHED'],
  },
  {
    name: 'parses a wide JSON bomb',
    body: 'const t = "[" + "{\\"a\\":1},".repeat(3_000_000) + "1]"; const keep = []; for (;;) keep.push(JSON.parse(t));',
    codes: ['OUT_OF_MEMORY'],
  },
  {
    name: 'builds BigInt towers',
    body: 'let n = 3n; for (;;) n = n * n;',
    codes: ['TIMEOUT', 'OUT_OF_MEMORY', 'STEP_FAILED'],
  },
  { name: 'awaits a promise that never settles', body: 'await new Promise(() => {});', codes: ['STEP_FAILED'] },
  {
    name: 'resolves thenables for ever',
    body: 'const t = { then(r) { Promise.resolve().then(() => r(t)); } }; await t;',
    codes: ['TIMEOUT', 'OUT_OF_MEMORY'],
  },
  { name: 'returns a getter that loops', body: 'return { get x() { for (;;); } };', codes: ['TIMEOUT'] },
  { name: 'returns a toJSON that loops', body: 'return { toJSON() { for (;;); } };', codes: ['TIMEOUT'] },
  {
    name: 'returns a toJSON without end',
    body: 'const o = () => ({ toJSON: () => ({ o: o() }) }); return o();',
    codes: ['INVALID_OUTPUT', 'OUT_OF_MEMORY', 'TIMEOUT'],
  },
  {
    name: 'throws an error that loops',
    body: 'throw { get message() { for (;;); }, toJSON() { for (;;); } };',
    codes: ['TIMEOUT'],
  },
  {
    name: 'throws a proxy that throws',
    body: 'throw new Proxy(new Error("x"), { get() { throw new Error("y"); }, getPrototypeOf() { throw 1; } });',
    codes: ['STEP_FAILED'],
  },
  { name: 'returns a cycle', body: 'const o = {}; o.o = o; return o;', codes: ['INVALID_OUTPUT'] },
  { name: 'returns a BigInt', body: 'return { n: 1n };', codes: ['INVALID_OUTPUT'] },
  { name: 'returns a function', body: 'return () => {};', codes: ['INVALID_OUTPUT'] },
  {
    name: 'returns 1 GB',
    body: 'return { text: "x".repeat(500_000_000), more: "y".repeat(500_000_000) };',
    codes: ['OUT_OF_MEMORY', 'OUTPUT_TOO_LARGE', 'INVALID_OUTPUT', 'TIMEOUT'],
  },
  { name: 'returns more than it may', body: 'return { text: "x".repeat(2_000_000) };', codes: ['OUTPUT_TOO_LARGE'] },
  {
    name: 'floods the host with calls',
    body: 'for (;;) await host.now();',
    codes: ['LIMIT_EXCEEDED'],
  },
  {
    name: 'floods the host without waiting',
    body: 'for (;;) host.now().catch(() => {});',
    codes: ['LIMIT_EXCEEDED', 'OUT_OF_MEMORY'],
  },
  { name: 'bombs the log with lines', body: 'for (;;) host.log("line");', codes: ['LIMIT_EXCEEDED'] },
  { name: 'bombs the log with bytes', body: 'for (;;) host.log("x".repeat(1 << 20));', codes: ['LIMIT_EXCEEDED'] },
  {
    name: 'sends arguments that are too large',
    body: 'await host.call("a", "b", "x".repeat(9 << 20));',
    codes: ['STEP_FAILED'],
  },
];

describe('an isolate that tries to use up the machine', () => {
  let supervisor: Supervisor;
  beforeAll(async () => {
    supervisor = await createSupervisor();
  });
  afterAll(() => supervisor[Symbol.asyncDispose]());

  it.each(bombs)('$name: is ended, and nobody else notices', async ({ body, codes }) => {
    const plugin = script(`if (inputs.bomb) {\n${body}\n}\nreturn { fine: true };`);
    const bystander = script(
      'for (let i = 0; i < 20; i++) await host.call("a", "b", { i }); return { bystander: true };',
    );
    // Where the deadline isn't what ends it, it leaves a busy machine the time to come to what does.
    const limits = { timeout_ms: codes.includes('TIMEOUT') ? 1500 : 20_000, host_calls: 3000 };
    const [bombed, other] = await Promise.all([
      supervisor.invoke(requestOf(plugin, { inputs: { bomb: true }, limits })),
      supervisor.invoke(requestOf(bystander)),
    ]);

    expect(codes, JSON.stringify(bombed)).toContain(codeOf(bombed));
    expect(other).toEqual({ kind: 'returned', outputs: { bystander: true } });
    const next = await supervisor.invoke(requestOf(plugin, { inputs: { bomb: false }, limits }));
    expect(next).toEqual({ kind: 'returned', outputs: { fine: true } });
  });
});

function codeOf(outcome: InvocationOutcome): string {
  return outcome.kind === 'returned' ? 'returned' : outcome.error.code;
}
