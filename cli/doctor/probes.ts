import type { HostCallHandler } from '../../runtime/host-call.ts';
import type { LoadedPlugin } from '../../runtime/plugin.ts';
import type { InvocationLimits, InvocationOutcome, Supervisor } from '../../runtime/supervisor/api.ts';
import type { AbsolutePath, Digest, ErrorCode } from '../../schemas/index.ts';

/** One limit, exceeded for real. */
export interface Probe {
  readonly name: string;
  /** What the guest does. */
  readonly attempt: string;
  readonly source: string;
  readonly limits: Partial<InvocationLimits>;
  /** The codes of which one must end it; `returned` where the guest must find itself unable and say so. */
  readonly expected: readonly (ErrorCode | 'returned')[];
}

/** What came of a probe. */
export interface ProbeResult {
  readonly name: string;
  readonly attempt: string;
  readonly holds: boolean;
  readonly found: string;
  readonly duration_ms: number;
}

const mebibyte = 1024 * 1024;

const generousLimits: InvocationLimits = {
  timeout_ms: 10_000,
  memory_bytes: 64 * mebibyte,
  output_bytes: mebibyte,
  host_calls: 1_000,
  cancel_grace_ms: 1_000,
};

/** The limits of a guest in an isolate, each with code that goes past it. */
export const probes: readonly Probe[] = [
  {
    name: 'deadline',
    attempt: 'loops for ever',
    source: 'export default () => { for (;;) {} };',
    limits: { timeout_ms: 1_000 },
    expected: ['TIMEOUT'],
  },
  {
    name: 'memory: arrays',
    attempt: 'fills memory with arrays',
    source: 'export default () => { const all = []; for (;;) all.push(new Array(10000).fill(1.5)); };',
    limits: {},
    expected: ['OUT_OF_MEMORY'],
  },
  {
    name: 'memory: typed arrays',
    attempt: 'fills memory outside the heap',
    source: 'export default () => { const all = []; for (;;) all.push(new Uint8Array(4194304).fill(1)); };',
    limits: {},
    expected: ['OUT_OF_MEMORY'],
  },
  {
    name: 'memory: map',
    attempt: 'grows one map until death',
    source: 'export default () => { const all = new Map(); for (let i = 0; ; i += 1) all.set(i, { i }); };',
    limits: {},
    expected: ['OUT_OF_MEMORY', 'SANDBOX_CRASHED'],
  },
  {
    name: 'stack',
    attempt: 'recurses without end',
    source: 'export default () => { const down = () => down() + 1; return { depth: down() }; };',
    limits: {},
    expected: ['STEP_FAILED'],
  },
  {
    name: 'result size',
    attempt: 'returns 4 MiB',
    source: "export default () => ({ text: 'x'.repeat(4194304) });",
    limits: {},
    expected: ['OUTPUT_TOO_LARGE'],
  },
  {
    name: 'host calls',
    attempt: 'makes more host calls than it may',
    source: 'export default async (inputs, host) => { for (;;) await host.now(); };',
    limits: { host_calls: 100 },
    expected: ['LIMIT_EXCEEDED'],
  },
  {
    name: 'promises',
    attempt: 'awaits what never comes',
    source: 'export default () => new Promise(() => {});',
    limits: {},
    expected: ['STEP_FAILED'],
  },
  {
    name: 'ambient power',
    attempt: 'looks for process, require, fetch, timers',
    source: `export default () => {
      const names = ['process', 'require', 'fetch', 'setTimeout', 'Deno', 'WebAssembly', 'Buffer', 'XMLHttpRequest'];
      const found = names.filter((name) => typeof globalThis[name] !== 'undefined');
      if (found.length > 0) throw new Error('found ' + found.join(', '));
      return { found };
    };`,
    limits: {},
    expected: ['returned'],
  },
  {
    name: 'code from text',
    attempt: 'makes code from a string',
    source: `export default () => {
      const ways = [() => eval('1'), () => new Function('return 1')(), () => (async () => {}).constructor('return 1')()];
      for (const way of ways) { let made = true; try { way(); } catch { made = false; } if (made) throw new Error('code was made'); }
      return { refused: ways.length };
    };`,
    limits: {},
    expected: ['returned'],
  },
];

/** Runs one probe in a sandbox host of this machine's best level. */
export async function runProbe(supervisor: Supervisor, probe: Probe, now: () => number): Promise<ProbeResult> {
  const startedAt = now();
  const outcome = await supervisor.invoke({
    plugin: probePlugin(probe),
    owner: { tenant: 'doctor', run: 'doctor' },
    inputs: {},
    limits: { ...generousLimits, ...probe.limits },
    required_level: 0,
    host: answerClockOnly,
    signal: new AbortController().signal,
  });
  const found = describe(outcome);
  const holds =
    outcome.kind === 'returned' ? probe.expected.includes('returned') : probe.expected.includes(outcome.error.code);
  return { name: probe.name, attempt: probe.attempt, holds, found, duration_ms: now() - startedAt };
}

const answerClockOnly: HostCallHandler = async () => ({ ok: 0 });

function describe(outcome: InvocationOutcome): string {
  return outcome.kind === 'returned'
    ? `returned ${JSON.stringify(outcome.outputs)}`
    : `${outcome.error.code}: ${outcome.error.message}`;
}

function probePlugin(probe: Probe): LoadedPlugin {
  return {
    // Never compared with anything: a probe is made here and run once.
    identity: {
      name: 'doctor',
      version: '1.0.0',
      digest: `sha256:${Buffer.from(probe.name).toString('hex').padEnd(64, '0').slice(0, 64)}` as Digest,
    },
    manifest: { name: 'doctor', version: '1.0.0', description: probe.attempt, runtime: 'isolate', main: 'index.js' },
    // Never read: the code is already here.
    folder: '/' as AbsolutePath,
    origin: 'local',
    code: { runtime: 'isolate', main: 'index.js', modules: { 'index.js': probe.source } },
  };
}
