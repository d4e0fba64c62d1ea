/**
 * The entry of a sandbox host: the process that holds a guest. It reads what to do from descriptor 3 (event loop), makes the
 * guest's host calls over descriptor 4 (blocking), and knows nothing of the agent's machine but the paths in its argument.
 */
import { closeSync, readSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { CallChannel } from './call-channel.ts';
import type { BoundPlugin, DeterministicStart, GuestEngine } from './engine.ts';
import { inspect } from './inspect.ts';
import { encodeFrame, type Frame, FrameReader, textOf } from './wire.ts';

/** What the supervisor says at the start, as JSON in the only argument. */
export interface HostArguments {
  readonly runtime: 'isolate' | 'wasm';
  /** isolate: isolated-vm's native module; wasm: Extism's CommonJS bundle. */
  readonly engine: string;
  /** Folder of the guest's prelude, isolate only. */
  readonly guest: string;
  /** Descriptors that the agent itself was started with and could not keep from its children. */
  readonly close: readonly number[];
}

const controlDescriptor = 3;
const callDescriptor = 4;
/** A plugin's source or module; the plugin store's own limit is lower. */
const controlBodyBytesLimit = 128 * 1024 * 1024;

const hostArguments: HostArguments = JSON.parse(process.argv[2] ?? '{}');
for (const descriptor of hostArguments.close) closeSync(descriptor);

// Without its agent a guest is nobody's: it must not live on because it catches what its host call threw.
const calls = new CallChannel({
  read: (into) => orEnd(() => readSync(callDescriptor, into)),
  write: (from) => orEnd(() => writeSync(callDescriptor, from)),
});
const engine = await loadEngine();
const control = new Socket({ fd: controlDescriptor, readable: true, writable: true });
const reader = new FrameReader(controlBodyBytesLimit);

// One after the other: an invocation begins when the plugin before it is bound.
let queue = Promise.resolve();
control.on('data', (chunk: Uint8Array) => {
  for (const frame of reader.push(chunk)) queue = queue.then(() => obey(frame));
});
// The agent is gone, or done with this process.
control.on('close', () => process.exit(0));
control.on('error', () => process.exit(0));
control.write(encodeFrame({ t: 'ready' }));

function orEnd(transfer: () => number): number {
  try {
    return transfer() || process.exit(0);
  } catch {
    return process.exit(0);
  }
}

async function loadEngine(): Promise<GuestEngine> {
  if (hostArguments.runtime === 'isolate') {
    const { createIsolateEngine } = await import('./isolate/engine.ts');
    const { loadIsolateParts } = await import('./isolate/load.ts');
    const isolates = createIsolateEngine(loadIsolateParts(hostArguments.engine, hostArguments.guest));
    // What is set up only once is then part of the empty host's baseline, not of a plugin's bill.
    isolates.prepare();
    return isolates;
  }
  const { createWasmEngine } = await import('./wasm/engine.ts');
  const { loadExtism, warmUpExtism } = await import('./wasm/load.ts');
  const createPlugin = loadExtism(hostArguments.engine);
  await warmUpExtism(createPlugin);
  return createWasmEngine(createPlugin);
}

async function obey({ header, body }: Frame): Promise<void> {
  switch (header['t']) {
    case 'bind':
      return engine.bind(boundPlugin(header, body));
    case 'invoke': {
      // The agent is trusted here: it is the one that started this process.
      const invocation = header as unknown as {
        readonly invocation: number;
        readonly capabilities: readonly string[];
        readonly output_bytes: number;
        readonly heap_mb: number;
        readonly deterministic?: DeterministicStart;
        readonly coverage?: boolean;
      };
      calls.begin(invocation.invocation, invocation.deterministic?.sleeps ?? (() => performance.now()));
      calls.finish(await engine.invoke({ ...invocation, inputs: textOf(body) }, calls));
      engine.prepare();
      return undefined;
    }
    case 'inspect':
      control.write(encodeFrame({ t: 'facts' }, JSON.stringify(await inspect())));
      return undefined;
    default:
      throw new Error(`unexpected frame ${String(header['t'])}`);
  }
}

function boundPlugin(header: Frame['header'], body: Uint8Array): BoundPlugin {
  // As above: what the agent sends is what it type-checked.
  const plugin = header as unknown as BoundPlugin;
  if (plugin.runtime === 'isolate') return { ...plugin, modules: JSON.parse(textOf(body)) };
  return { ...plugin, module: body };
}
