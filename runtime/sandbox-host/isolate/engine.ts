import type ivm from 'isolated-vm';
import type { CallChannel } from '../call-channel.ts';
import type { BoundPlugin, GuestEngine, Invocation } from '../engine.ts';
import { failed, type GuestResult, type GuestResultKind } from '../result.ts';
import { ModuleGraph, ModuleProblem, type Sources } from './modules.ts';

/** The smallest heap that isolated-vm 7 takes. */
const leastHeapMb = 8;

/** What the engine is made of: the native module, and the sources of our own code inside the isolate. */
export interface IsolateParts {
  readonly ivm: typeof ivm;
  /** `prelude.js` and what it imports, by file name. */
  readonly prelude: Sources;
  /** The source of `waterflow/plugin`. */
  readonly guestApi: string;
}

/** Runs plugins in V8 isolates, a new one for each invocation, with the synchronous API alone (the other one leaks). */
export function createIsolateEngine(parts: IsolateParts): GuestEngine {
  let plugin: Extract<BoundPlugin, { runtime: 'isolate' }> | undefined;
  return {
    bind: async (bound) => {
      if (bound.runtime !== 'isolate') throw new TypeError('this sandbox host runs isolates');
      plugin = bound;
    },
    invoke: async (invocation, calls) => {
      if (plugin === undefined) throw new TypeError('no plugin is bound');
      return invokeInIsolate(parts, plugin, { invocation, calls });
    },
  };
}

interface Run {
  readonly invocation: Invocation;
  readonly calls: CallChannel;
}

function invokeInIsolate(
  parts: IsolateParts,
  plugin: Extract<BoundPlugin, { runtime: 'isolate' }>,
  run: Run,
): GuestResult {
  const isolate = new parts.ivm.Isolate({
    memoryLimit: Math.max(leastHeapMb, run.invocation.heap_mb),
    // V8 has lost control over the isolate; the agent sees the process end.
    onCatastrophicError: () => process.abort(),
  });
  try {
    return runPlugin(parts, plugin, { ...run, isolate });
  } catch (error) {
    if (isolate.isDisposed) return failed('out_of_memory', {});
    if (error instanceof ModuleProblem) return failed('plugin_invalid', { message: error.message });
    return failed('threw', failureOf(error));
  } finally {
    if (!isolate.isDisposed) isolate.dispose();
  }
}

function runPlugin(
  parts: IsolateParts,
  plugin: Extract<BoundPlugin, { runtime: 'isolate' }>,
  run: Run & { readonly isolate: ivm.Isolate },
): GuestResult {
  const { isolate, invocation, calls } = run;
  const target = { isolate, context: isolate.createContextSync() };
  const end: { result?: GuestResult } = {};

  const prelude = new ModuleGraph(target, parts.prelude, new Map()).link('prelude.js');
  prelude.evaluateSync();
  exported(prelude, 'connect').applySync(undefined, [
    new parts.ivm.Callback((capability: string, operation: string, args: string) =>
      capabilityCall(calls, [capability, operation, args]),
    ),
    new parts.ivm.Callback((id: number) => calls.answerTo(id).json),
    new parts.ivm.Callback((kind: GuestResultKind, details: string) => {
      end.result ??= { kind, details };
    }),
  ]);

  const sources = new Map(Object.entries(plugin.modules));
  const main = new ModuleGraph(target, sources, new Map([['waterflow/plugin', parts.guestApi]])).link(plugin.main);
  main.evaluateSync();
  const settle = exported(prelude, 'settle');
  exported(prelude, 'run').applySync(undefined, [
    defaultExport(main).derefInto(),
    invocation.inputs,
    JSON.stringify(invocation.capabilities),
  ]);

  // Each entry into the isolate runs its microtasks to the end: when it returns, the guest can do nothing but wait.
  while (end.result === undefined) {
    const answer = calls.next();
    if (answer === undefined) return failed('never_settles', {});
    settle.applySync(undefined, [answer.id, answer.json]);
  }
  return withinLimit(end.result, invocation.output_bytes);
}

/** Text only: whatever else a guest could hand over is made text of its own first, or refused by isolated-vm. */
function capabilityCall(calls: CallChannel, texts: readonly [unknown, unknown, unknown]): number {
  const [capability, operation, args] = texts.map(String);
  return calls.submit(capability ?? '', operation ?? '', args ?? 'null') ?? 0;
}

function exported(module: ivm.Module, name: string): ivm.Reference<(...values: readonly unknown[]) => unknown> {
  const reference = module.namespace.getSync(name, { reference: true });
  // A Reference to anything can be handed on; what isn't a function is found out where it is applied.
  return reference as ivm.Reference<(...values: readonly unknown[]) => unknown>;
}

function defaultExport(main: ivm.Module): ivm.Reference<(...values: readonly unknown[]) => unknown> {
  try {
    return exported(main, 'default');
  } catch {
    throw new ModuleProblem('the main module waits at its top level for something that never comes');
  }
}

function withinLimit(result: GuestResult, limit: number): GuestResult {
  if (result.kind !== 'returned') return result;
  const bytes = Buffer.byteLength(result.details);
  return bytes > limit ? failed('output_too_large', { bytes }) : result;
}

/** An error that left the isolate: isolated-vm hands out a copy, whose stack names the plugin's place. */
function failureOf(error: unknown): { readonly message: string; readonly at?: string } {
  if (!(error instanceof Error)) return { message: String(error) };
  const at = /\(?([^\s()]+\.[cm]?[jt]s:\d+:\d+)\)?$/m.exec(error.stack ?? '')?.[1];
  const message = error.message.slice(0, 8000);
  return at === undefined || at.startsWith('file:') ? { message } : { message, at };
}
