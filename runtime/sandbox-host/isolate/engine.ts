import type ivm from 'isolated-vm';
import { type AuthorPlaces, authorPlaces, mapOf } from '../author-places.ts';
import type { Answer, CallChannel } from '../call-channel.ts';
import type { BoundPlugin, GuestEngine, Invocation } from '../engine.ts';
import { failed, type GuestResult, type GuestResultKind, withinLimit, withPlaces } from '../result.ts';
import { startCoverage } from './coverage.ts';
import { ModuleGraph, ModuleProblem } from './modules.ts';
import {
  exported,
  type GuestFunction,
  type IsolateParts,
  IsolateReserve,
  type PreparedIsolate,
  prepareIsolate,
} from './prepared.ts';

/** What most plugins are limited to (MiB): the first isolate is made before any plugin is known. */
const usualHeapMb = 64;

/** Runs plugins in V8 isolates, a new one for each invocation, with the synchronous API alone (the other one leaks). */
export function createIsolateEngine(parts: IsolateParts): GuestEngine {
  let plugin: Extract<BoundPlugin, { runtime: 'isolate' }> | undefined;
  let places: AuthorPlaces = (text) => text;
  const reserve = new IsolateReserve(parts, usualHeapMb);
  return {
    bind: async (bound) => {
      if (bound.runtime !== 'isolate') throw new TypeError('this sandbox host runs isolates');
      plugin = bound;
      places = authorPlaces(() => mapOf(bound.modules[bound.main] ?? ''));
    },
    invoke: async (invocation, calls) => {
      if (plugin === undefined) throw new TypeError('no plugin is bound');
      if (invocation.coverage === true) return await invokeCovered(parts, plugin, { invocation, calls, places });
      const prepared = reserve.take(invocation.heap_mb);
      try {
        return withPlaces(invokeInIsolate(parts, plugin, { invocation, calls, prepared, places }), places);
      } finally {
        dispose(prepared);
      }
    },
    prepare: () => reserve.fill(),
  };
}

interface Run {
  readonly invocation: Invocation;
  readonly calls: CallChannel;
  readonly prepared: PreparedIsolate;
  readonly places: AuthorPlaces;
}

function invokeInIsolate(
  parts: IsolateParts,
  plugin: Extract<BoundPlugin, { runtime: 'isolate' }>,
  run: Run,
): GuestResult {
  const { isolate } = run.prepared.target;
  try {
    return runPlugin(parts, plugin, run);
  } catch (error) {
    if (isolate.isDisposed) return failed('out_of_memory', {});
    if (error instanceof ModuleProblem) return failed('plugin_invalid', { message: error.message });
    return failed('threw', failureOf(error));
  }
}

/** The same, with what ran told before the end. What ran out of memory has nothing to tell. */
async function invokeCovered(
  parts: IsolateParts,
  plugin: Extract<BoundPlugin, { runtime: 'isolate' }>,
  run: Omit<Run, 'prepared'>,
): Promise<GuestResult> {
  const prepared = prepareIsolate(parts, run.invocation.heap_mb, { inspector: true });
  try {
    const probe = await startCoverage(prepared.target.isolate);
    const result = invokeInIsolate(parts, plugin, { ...run, prepared });
    if (!prepared.target.isolate.isDisposed) run.calls.cover(await probe.take(new Set(Object.keys(plugin.modules))));
    return withPlaces(result, run.places);
  } finally {
    dispose(prepared);
  }
}

function dispose({ target: { isolate } }: PreparedIsolate): void {
  if (!isolate.isDisposed) isolate.dispose();
}

function runPlugin(parts: IsolateParts, plugin: Extract<BoundPlugin, { runtime: 'isolate' }>, run: Run): GuestResult {
  const { invocation, calls, places } = run;
  const { target, prelude } = run.prepared;
  const end = new RunEnd();
  // isolated-vm throws here what a promise was rejected with that nobody handles by the end of all microtasks: a copy of it.
  const enter = (act: () => unknown): void => {
    try {
      act();
    } catch (error) {
      if (target.isolate.isDisposed || !(error instanceof Error)) throw error;
      if (prelude.rejected.applySync(undefined, [error.message, error.stack ?? '']) !== true) throw error;
    }
  };

  prelude.connect.applySync(undefined, [
    new parts.ivm.Callback((...texts: readonly unknown[]) => calls.submit(...namesAndArgs(texts)) ?? 0),
    new parts.ivm.Callback(
      (...texts: readonly unknown[]) => calls.post(...namesAndArgs(texts.map((text) => places(String(text))))) ?? 0,
    ),
    new parts.ivm.Callback((id: number) => calls.answerTo(id).json),
    new parts.ivm.Callback((kind: GuestResultKind, details: string) => {
      end.say({ kind, details });
    }),
    new parts.ivm.Callback((name: string) => {
      const polyfill = parts.polyfills.get(name)?.evaluate(target);
      if (polyfill !== undefined) prelude.provide.applySync(undefined, [name, polyfill.derefInto()]);
    }),
    invocation.deterministic === undefined ? undefined : JSON.stringify(invocation.deterministic),
  ]);

  const sources = new Map(Object.entries(plugin.modules));
  const main = new ModuleGraph(target, sources, new Map([['waterflow/plugin', parts.guestApi]])).link(plugin.main);
  main.evaluateSync();
  const capabilities = JSON.stringify(invocation.capabilities);
  enter(() => prelude.run.applySync(undefined, [defaultExport(main).derefInto(), invocation.inputs, capabilities]));

  // Each entry into the isolate runs its microtasks to the end: when it returns, the guest can do nothing but wait.
  const settle = ({ id, json }: Answer): void => enter(() => prelude.settle.applySync(undefined, [id, json]));
  while (end.state === 'open') {
    const answer = calls.next();
    if (answer === undefined) return failed('never_settles', {});
    settle(answer);
  }
  // What it left open may have been refused. Who handles that is fine; where nobody does, it has failed.
  for (let refusal = refusalOf(calls, end); refusal !== undefined; refusal = refusalOf(calls, end)) settle(refusal);
  return withinLimit(end.result, invocation.output_bytes);
}

function refusalOf(calls: CallChannel, end: RunEnd): Answer | undefined {
  return end.state === 'returned' ? calls.nextRefusal() : undefined;
}

/** What the prelude says of the end. The first word counts; only that it failed after all comes behind that it returned. */
class RunEnd {
  #result: GuestResult | undefined;

  get state(): 'open' | 'returned' | 'failed' {
    if (this.#result === undefined) return 'open';
    return this.#result.kind === 'returned' ? 'returned' : 'failed';
  }

  get result(): GuestResult {
    return this.#result ?? failed('never_settles', {});
  }

  say(result: GuestResult): void {
    if (this.state === 'open' || (this.state === 'returned' && result.kind !== 'returned')) this.#result = result;
  }
}

/** Text only: whatever else a guest could hand over is made text of its own first, or refused by isolated-vm. */
function namesAndArgs(texts: readonly unknown[]): [string, string, string] {
  const [capability = '', operation = '', args = 'null'] = texts.map(String);
  return [capability, operation, args];
}

function defaultExport(main: ivm.Module): GuestFunction {
  try {
    return exported(main.namespace, 'default');
  } catch {
    throw new ModuleProblem('the main module waits at its top level for something that never comes');
  }
}

/** What is longer is part of a message, which the expression would look at once for each character. */
const longestStackLine = 1000;

/** An error that left the isolate: isolated-vm hands out a copy, whose stack names the plugin's place. */
function failureOf(error: unknown): { readonly message: string; readonly at?: string } {
  if (!(error instanceof Error)) return { message: String(error) };
  const lines = (error.stack ?? '').split('\n').filter((line) => line.length <= longestStackLine);
  const at = lines
    .map((line) => /\(?([^\s()]+\.[cm]?[jt]s:\d+:\d+)\)?$/.exec(line)?.[1])
    .find((place) => place !== undefined && !place.startsWith('prelude.js:'));
  const message = error.message.slice(0, 8000);
  return at === undefined || at.startsWith('file:') ? { message } : { message, at };
}
