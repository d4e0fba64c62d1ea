import type { Probe } from './probes.ts';

/** The limits of a guest in an isolate, each with code that goes past it. */
export const isolateProbes: readonly Probe[] = [
  {
    name: 'deadline',
    attempt: 'loops for ever',
    code: { source: 'export default () => { for (;;) {} };' },
    limits: { timeout_ms: 1_000 },
    expected: ['TIMEOUT'],
  },
  {
    name: 'processor time',
    attempt: 'computes for longer than it may',
    code: { source: 'export default () => { for (;;) {} };' },
    limits: {},
    cpu_ms: 200,
    expected: ['LIMIT_EXCEEDED'],
  },
  {
    name: 'memory: strings',
    attempt: 'fills memory with text',
    code: {
      source:
        "export default () => { const all = []; for (let i = 0; ; i += 1) { const text = ('x' + i).repeat(1048576); text.charCodeAt(5); all.push([0, 1, 2].map((n) => text + n).join('')); } };",
    },
    limits: {},
    expected: ['OUT_OF_MEMORY', 'SANDBOX_CRASHED'],
  },
  {
    name: 'memory: arrays',
    attempt: 'fills memory with arrays',
    code: { source: 'export default () => { const all = []; for (;;) all.push(new Array(10000).fill(1.5)); };' },
    limits: {},
    expected: ['OUT_OF_MEMORY'],
  },
  {
    name: 'memory: typed arrays',
    attempt: 'fills memory outside the heap',
    code: { source: 'export default () => { const all = []; for (;;) all.push(new Uint8Array(4194304).fill(1)); };' },
    limits: {},
    expected: ['OUT_OF_MEMORY'],
  },
  {
    name: 'memory: map',
    attempt: 'grows one map until death',
    code: { source: 'export default () => { const all = new Map(); for (let i = 0; ; i += 1) all.set(i, { i }); };' },
    limits: {},
    expected: ['OUT_OF_MEMORY', 'SANDBOX_CRASHED'],
  },
  {
    name: 'stack',
    attempt: 'recurses without end',
    code: { source: 'export default () => { const down = () => down() + 1; return { depth: down() }; };' },
    limits: {},
    expected: ['STEP_FAILED'],
  },
  {
    name: 'result size',
    attempt: 'returns 4 MiB',
    code: { source: "export default () => ({ text: 'x'.repeat(4194304) });" },
    limits: {},
    expected: ['OUTPUT_TOO_LARGE'],
  },
  {
    name: 'host calls',
    attempt: 'makes more host calls than it may',
    code: { source: 'export default async (inputs, host) => { for (;;) await host.now(); };' },
    limits: { host_calls: 100 },
    expected: ['LIMIT_EXCEEDED'],
  },
  {
    name: 'promises',
    attempt: 'awaits what never comes',
    code: { source: 'export default () => new Promise(() => {});' },
    limits: {},
    expected: ['STEP_FAILED'],
  },
  {
    name: 'ambient power',
    attempt: 'looks for process, require, fetch, Worker',
    code: {
      source: `export default () => {
      const names = ['process', 'require', 'fetch', 'Worker', 'Deno', 'WebAssembly', 'Buffer', 'XMLHttpRequest'];
      const found = names.filter((name) => typeof globalThis[name] !== 'undefined');
      if (found.length > 0) throw new Error('found ' + found.join(', '));
      return { found };
    };`,
    },
    limits: {},
    expected: ['returned'],
  },
  {
    name: 'code from text',
    attempt: 'makes code from a string',
    code: {
      source: `export default () => {
      const ways = [() => eval('1'), () => setTimeout('1', 0), () => new Function('return 1')(), () => (async () => {}).constructor('return 1')()];
      for (const way of ways) { let made = true; try { way(); } catch { made = false; } if (made) throw new Error('code was made'); }
      return { refused: ways.length };
    };`,
    },
    limits: {},
    expected: ['returned'],
  },
];
