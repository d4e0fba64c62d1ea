import type { HostCallHandler } from '../../runtime/host-call.ts';
import type { LoadedPlugin } from '../../runtime/plugin.ts';
import type {
  ConfinementLevel,
  InvocationLimits,
  InvocationOutcome,
  InvocationRequest,
  Supervisor,
} from '../../runtime/supervisor/api.ts';
import type { AbsolutePath, Digest, ErrorCode } from '../../schemas/index.ts';

/** One limit, exceeded for real. */
export interface Probe {
  readonly name: string;
  /** What the guest does. */
  readonly attempt: string;
  readonly code: ProbeCode;
  readonly limits: Partial<InvocationLimits>;
  /** Processor time that it may use. */
  readonly cpu_ms?: number;
  /** The codes of which one must end it; `returned` where the guest must find itself unable and say so. */
  readonly expected: readonly (ErrorCode | 'returned')[];
}

/** JavaScript of one module, or the bytes of a WebAssembly module. */
export type ProbeCode = { readonly source: string } | { readonly module: Uint8Array };

/** What came of a probe. */
export interface ProbeResult {
  readonly name: string;
  readonly attempt: string;
  /** The lowest confinement level that promises it. */
  readonly since: ConfinementLevel;
  readonly holds: boolean;
  readonly found: string;
  readonly duration_ms: number;
}

const mebibyte = 1024 * 1024;

const generousLimits: InvocationLimits = {
  // On a busy machine a bomb takes its time, without a JIT; what is to end at a deadline has one of its own.
  timeout_ms: 60_000,
  memory_bytes: 64 * mebibyte,
  output_bytes: mebibyte,
  host_calls: 1_000,
  cancel_grace_ms: 1_000,
};

/** Runs one probe in a sandbox host. What a guest does by itself is bounded at every level. */
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
    ...(probe.cpu_ms === undefined ? {} : { onCpu: cpuLimit(probe.cpu_ms) }),
  });
  const found = describe(outcome);
  const holds =
    outcome.kind === 'returned' ? probe.expected.includes('returned') : probe.expected.includes(outcome.error.code);
  return { name: probe.name, attempt: probe.attempt, since: 0, holds, found, duration_ms: now() - startedAt };
}

/** As the agent keeps a policy's `cpu`. */
function cpuLimit(most: number): NonNullable<InvocationRequest['onCpu']> {
  let used = 0;
  return (milliseconds) => {
    used += milliseconds;
    return used <= most
      ? undefined
      : { code: 'LIMIT_EXCEEDED', message: `more than ${most} ms of processor time`, remedy: 'This is a probe.' };
  };
}

const answerClockOnly: HostCallHandler = async () => ({ ok: 0 });

function describe(outcome: InvocationOutcome): string {
  return outcome.kind === 'returned'
    ? `returned ${JSON.stringify(outcome.outputs)}`
    : `${outcome.error.code}: ${outcome.error.message}`;
}

function probePlugin(probe: Probe): LoadedPlugin {
  const { code } = probe;
  const runtime = 'source' in code ? 'isolate' : 'wasm';
  const main = 'source' in code ? 'index.js' : 'plugin.wasm';
  return {
    // Never compared with anything: a probe is made here and run once.
    identity: {
      name: 'doctor',
      version: '1.0.0',
      digest:
        `sha256:${Buffer.from(`${runtime} ${probe.name}`).toString('hex').padEnd(64, '0').slice(0, 64)}` as Digest,
    },
    manifest: { name: 'doctor', version: '1.0.0', description: probe.attempt, runtime, main },
    // Never read: the code is already here.
    folder: '/' as AbsolutePath,
    origin: 'local',
    code:
      'source' in code
        ? { runtime: 'isolate', main, modules: { [main]: code.source } }
        : { runtime: 'wasm', abi: 'waterflow', entry: 'run', config: {}, module: code.module },
  };
}
