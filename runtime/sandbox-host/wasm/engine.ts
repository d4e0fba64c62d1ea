import type { createPlugin as CreatePlugin, ExtismPluginOptions, Plugin } from '@extism/extism';
import { type AuthorPlaces, authorPlaces } from '../author-places.ts';
import type { CallChannel } from '../call-channel.ts';
import type { BoundPlugin, GuestEngine, Invocation } from '../engine.ts';
import { failed, type GuestResult, guestResultKinds, withinLimit, withPlaces } from '../result.ts';
import { forbiddenImport } from './allowed-imports.ts';
import { exactBytes } from './context.ts';
import { createHostCall } from './host-call.ts';
import { createHttp, RequestRefused } from './http.ts';
import { machineOr } from './time-and-chance.ts';
import { createWasi, ModuleExit } from './wasi.ts';

type Functions = NonNullable<ExtismPluginOptions['functions']>;
type WasmPlugin = Extract<BoundPlugin, { runtime: 'wasm' }>;

interface BoundModule {
  readonly plugin: WasmPlugin;
  readonly compiled: WebAssembly.Module;
  readonly places: AuthorPlaces;
}

/** A plugin whose module was compiled, or what is wrong with it. */
type Bound = BoundModule | { readonly message: string; readonly remedy?: string };

/** 1 MiB: allocators grow by more than a page, so the last refused growth leaves some pages free. */
const pagesThatAnyAllocatorNeeds = 16;
/** Extism puts this before what a plugin said with error_set. */
const originatedPrefix = 'Plugin-originated error: ';

/** Runs WASM plugins with Extism: compiled once, a new instance for each invocation, never with Extism's own WASI or fetch. */
export function createWasmEngine(createPlugin: typeof CreatePlugin): GuestEngine {
  let bound: Bound | undefined;
  return {
    bind: async (plugin) => {
      if (plugin.runtime !== 'wasm') throw new TypeError('this sandbox host runs WASM');
      bound = await compile(plugin);
    },
    invoke: async (invocation, calls) => {
      if (bound === undefined) throw new TypeError('no plugin is bound');
      if ('message' in bound) return failed('plugin_invalid', bound);
      return withPlaces(await invokeModule(createPlugin, bound, { invocation, calls }), bound.places);
    },
    // The module is compiled when it is bound, and an instance of it takes a tenth of a millisecond.
    prepare: () => {},
  };
}

async function compile(plugin: WasmPlugin): Promise<Bound> {
  let compiled: WebAssembly.Module;
  try {
    compiled = await WebAssembly.compile(exactBytes(plugin.module));
  } catch (error) {
    return { message: `the module doesn't compile: ${messageOf(error)}` };
  }
  const forbidden = forbiddenImport(WebAssembly.Module.imports(compiled), plugin.abi);
  if (forbidden !== undefined) return forbidden;
  const exports = WebAssembly.Module.exports(compiled);
  if (!exports.some(({ name, kind }) => name === plugin.entry && kind === 'function')) {
    return {
      message: `the module exports no function ${plugin.entry}`,
      remedy: `Export ${plugin.entry}, or name another entry.`,
    };
  }
  return { plugin, compiled, places: authorPlaces(() => sourceMapIn(compiled)) };
}

/** What `plugin build` put into a module of TypeScript. */
function sourceMapIn(compiled: WebAssembly.Module): string | undefined {
  const [section] = WebAssembly.Module.customSections(compiled, 'waterflow:source-map');
  return section === undefined ? undefined : utf8(new Uint8Array(section));
}

interface Run {
  readonly invocation: Invocation;
  readonly calls: CallChannel;
}

async function invokeModule(createPlugin: typeof CreatePlugin, bound: BoundModule, run: Run): Promise<GuestResult> {
  const { plugin, compiled } = bound;
  let memory: WebAssembly.Memory | undefined;
  try {
    const instance = await instantiate(createPlugin, bound, { ...run, memory: () => memory });
    const { exports } = await instance.getInstance();
    if (exports['memory'] instanceof WebAssembly.Memory) memory = exports['memory'];
    // Extism calls it only together with its own WASI; without it C++ statics are empty and Go traps.
    const initialize = exports['_initialize'];
    if (typeof initialize === 'function' && plugin.entry !== '_initialize') initialize();
    const output = await instance.call(plugin.entry, inputOf(plugin, run.invocation.inputs));
    return resultOf(plugin, output?.bytes(), run.invocation.output_bytes);
  } catch (error) {
    return withinLimit(failureOf(error, { compiled, memory }), run.invocation.output_bytes);
  }
}

function instantiate(
  createPlugin: typeof CreatePlugin,
  { plugin, compiled, places }: BoundModule,
  run: Run & { readonly memory: () => WebAssembly.Memory | undefined },
): Promise<Plugin> {
  const log = (text: string) => {
    run.calls.post('log', 'write', JSON.stringify({ text: places(text) }));
  };
  const logger = { ...console, trace: log, debug: log, info: log, warn: log, error: log };
  const functions = {
    'extism:host/user': { host_call: createHostCall(run.calls, { ...run.invocation, places }) },
    // Newer plugin kits import these; Extism 1.0.3 doesn't have them, or not with our egress.
    'extism:host/env': {
      get_log_level: () => 0,
      log_trace: (context: { read(address: bigint): { text(): string } | null }, address: bigint) =>
        log(context.read(address)?.text() ?? ''),
      ...createHttp(run.calls),
    },
    wasi_snapshot_preview1: createWasi({ memory: run.memory, log, ...machineOr(run.invocation.deterministic) }),
  };
  return createPlugin(
    { wasm: [{ module: compiled }] },
    {
      useWasi: false,
      // Explicitly, since an environment variable switches it on.
      enableWasiOutput: false,
      runInWorker: false,
      allowedHosts: [],
      allowedPaths: {},
      // Without a prototype: Extism looks keys up with `in`.
      config: Object.assign(Object.create(null), plugin.config),
      logger,
      // Extism types them with `any`; each gets the context first and the module's own arguments after it.
      functions: functions as unknown as Functions,
    },
  );
}

function inputOf(plugin: WasmPlugin, inputs: string): Uint8Array {
  if (plugin.abi === 'waterflow') return exactBytes(inputs);
  const { input }: { readonly input?: unknown } = JSON.parse(inputs);
  if (input === undefined) return exactBytes('');
  return exactBytes(typeof input === 'string' ? input : JSON.stringify(input));
}

function resultOf(plugin: WasmPlugin, output: Uint8Array | undefined, limit: number): GuestResult {
  const bytes = output ?? new Uint8Array();
  if (bytes.byteLength > limit) return failed('output_too_large', { bytes: bytes.byteLength });
  const text = utf8(bytes);
  if (plugin.abi === 'extism') {
    const outputs = text === undefined ? { output_base64: Buffer.from(bytes).toString('base64') } : { output: text };
    return { kind: 'returned', details: JSON.stringify(outputs) };
  }
  if (text === undefined) return failed('output_invalid', { message: 'the output is no UTF-8 text' });
  return { kind: 'returned', details: text === '' ? '{}' : text };
}

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function failureOf(
  error: unknown,
  module: { readonly compiled: WebAssembly.Module; readonly memory: WebAssembly.Memory | undefined },
): GuestResult {
  if (error instanceof ModuleExit && error.code === 0) return { kind: 'returned', details: '{}' };
  if (error instanceof RequestRefused) return failed('threw', { message: error.message, call: error.call });
  if (error instanceof WebAssembly.LinkError) return failed('plugin_invalid', { message: messageOf(error) });
  if (ranOutOfMemory(error, module.memory)) return failed('out_of_memory', {});
  const whole = error instanceof Error ? error.message : String(error);
  if (whole.startsWith(originatedPrefix)) {
    const said = whole.slice(originatedPrefix.length);
    const told = failureFrame(said);
    if (told !== undefined) return told;
    // A block that the module never filled holds zeros.
    const isEmpty = /^[\s\0]*$/.test(said);
    return failed('threw', {
      message: isEmpty ? 'the module set an error without a message' : said.slice(0, messageCharacters),
    });
  }
  const message = messageOf(error);
  if (error instanceof WebAssembly.Exception) return failed('threw', { message: 'the module threw an exception' });
  if (error instanceof WebAssembly.RuntimeError) return failed('threw', { message: `the module trapped: ${message}` });
  return failed('threw', { message });
}

/** What a module says with `error_set` where it has more to say than a message: a frame, see docs/host-calls.md. */
function failureFrame(said: string): GuestResult | undefined {
  if (!said.startsWith('{"v":1,"fail":')) return undefined;
  try {
    // Any object can be read by name; what is read is checked here, and once more by the agent.
    const { fail, details } = JSON.parse(said) as Readonly<Record<string, unknown>>;
    const kind = guestResultKinds.find((each) => each === fail);
    if (kind === undefined || kind === 'returned' || typeof details !== 'object' || details === null) return undefined;
    return failed(kind, details);
  } catch {
    return undefined;
  }
}

/** A module whose allocator was refused more memory traps, or an instance can't even be made: the bound is why. */
function ranOutOfMemory(error: unknown, memory: WebAssembly.Memory | undefined): boolean {
  if (error instanceof RangeError) return /memory|allocation|array buffer/i.test(error.message);
  if (!(error instanceof WebAssembly.RuntimeError) || memory === undefined) return false;
  try {
    memory.grow(pagesThatAnyAllocatorNeeds);
    return false;
  } catch {
    return true;
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, messageCharacters);
}

/** Enough for a person; what is longer belongs into the log. */
const messageCharacters = 8000;
