import type { createPlugin as CreatePlugin } from '@extism/extism';
import { type AuthorPlaces, authorPlaces } from '../author-places.ts';
import type { CallChannel } from '../call-channel.ts';
import type { BoundPlugin, GuestEngine, Invocation } from '../engine.ts';
import { failed, type GuestResult, withinLimit, withPlaces } from '../result.ts';
import { forbiddenImport } from './allowed-imports.ts';
import { Blocks, exactBytes } from './blocks.ts';
import { configOf } from './config.ts';
import { failureOf, failureSaid } from './failure.ts';
import { createHostCall } from './host-call.ts';
import { createHttp } from './http.ts';
import { type HostFunctions, Instances } from './instances.ts';
import { createKernel, type Kernel, type LogLevel } from './kernel.ts';
import { entryOf, startRuntime } from './start.ts';
import { machineOr } from './time-and-chance.ts';
import { createWasi, ModuleExit, type Wasi } from './wasi.ts';

type WasmPlugin = Extract<BoundPlugin, { runtime: 'wasm' }>;

interface BoundModule {
  readonly plugin: WasmPlugin;
  readonly instances: Instances;
  readonly places: AuthorPlaces;
}

/** A plugin whose module was compiled, or what is wrong with it. */
type Bound = BoundModule | { readonly message: string; readonly remedy?: string };

/** Runs WASM plugins with Extism: compiled once, a new instance for each invocation, never with Extism's own WASI or fetch. */
export function createWasmEngine(createPlugin: typeof CreatePlugin): GuestEngine {
  let bound: Bound | undefined;
  return {
    bind: async (plugin) => {
      if (plugin.runtime !== 'wasm') throw new TypeError('this sandbox host runs WASM');
      bound = await compile(createPlugin, plugin);
    },
    invoke: async (invocation, calls) => {
      if (bound === undefined) throw new TypeError('no plugin is bound');
      if ('message' in bound) return failed('plugin_invalid', bound);
      const result = await invokeModule(bound, { invocation, calls });
      return withPlaces(refusalUnseen(result, calls) ?? result, bound.places);
    },
    prepare: () => {
      if (bound !== undefined && 'instances' in bound) bound.instances.prepare();
    },
  };
}

async function compile(createPlugin: typeof CreatePlugin, plugin: WasmPlugin): Promise<Bound> {
  let compiled: WebAssembly.Module;
  try {
    compiled = await WebAssembly.compile(exactBytes(plugin.module));
  } catch (error) {
    return { message: `the module doesn't compile: ${error instanceof Error ? error.message : String(error)}` };
  }
  const forbidden = forbiddenImport(WebAssembly.Module.imports(compiled), plugin.abi);
  if (forbidden !== undefined) return forbidden;
  const exports = WebAssembly.Module.exports(compiled);
  if (!exports.some(({ name, kind }) => name === plugin.entry && kind === 'function')) {
    return {
      message: `the module exports no function ${plugin.entry}`,
      remedy: remedyForEntry(exports.flatMap(({ name, kind }) => (kind === 'function' ? name : []))),
    };
  }
  return {
    plugin,
    instances: new Instances(createPlugin, compiled, plugin.module),
    places: authorPlaces(() => sourceMapIn(compiled)),
  };
}

/** Names in a remedy: a module of Rust or Go has dozens of exports that no person wrote. */
const mostNames = 10;

function remedyForEntry(names: readonly string[]): string {
  const shown = names.filter((name) => !name.startsWith('_')).slice(0, mostNames);
  return shown.length === 0 ? 'It exports no function at all.' : `It exports ${shown.join(', ')}.`;
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

/** What one run's imports leave behind. */
interface Surroundings {
  readonly functions: HostFunctions;
  readonly kernel: Kernel;
  readonly wasi: Wasi;
}

async function invokeModule(bound: BoundModule, run: Run): Promise<GuestResult> {
  const { plugin, instances } = bound;
  const { output_bytes } = run.invocation;
  let memory: WebAssembly.Memory | undefined;
  const { functions, kernel, wasi } = surroundings(bound, { ...run, memory: () => memory });
  const failureBy = (error: unknown): GuestResult => failureOf(error, { said: kernel.error(), memory });
  try {
    const instance = await instances.take(functions);
    const { exports } = await instance.getInstance();
    if (exports['memory'] instanceof WebAssembly.Memory) memory = exports['memory'];
    startRuntime(exports, plugin.entry);
    const code = entryOf(exports, plugin.entry)();
    wasi.flush();
    const failure = failureSaid(kernel.error()) ?? (plugin.abi === 'extism' ? failureByCode(plugin, code) : undefined);
    return failure === undefined ? resultOf(plugin, kernel.output(), output_bytes) : withinLimit(failure, output_bytes);
  } catch (error) {
    wasi.flush();
    const isEnd = error instanceof ModuleExit && error.code === 0 && kernel.error() === undefined;
    return isEnd ? resultOf(plugin, kernel.output(), output_bytes) : withinLimit(failureBy(error), output_bytes);
  }
}

/** A module that submits a call and never waits for it has failed where that was refused, as a promise that nobody handles. */
function refusalUnseen({ kind }: GuestResult, calls: CallChannel): GuestResult | undefined {
  if (kind !== 'returned') return undefined;
  for (let refusal = calls.nextRefusal(); refusal !== undefined; refusal = calls.nextRefusal()) {
    if (refusal.cancelled) continue;
    // The agent wrote it: one of the two is there.
    const { denied, error } = JSON.parse(refusal.json) as Readonly<Record<string, { readonly message: string }>>;
    const message = (denied ?? error)?.message ?? 'a host call failed that the plugin did not wait for';
    return failed('threw', { message, call: refusal.id, remedy: 'Wait for each call that the plugin submits.' });
  }
  return undefined;
}

/** Extism's functions return 0 where all went well; one without a result did, too. */
function failureByCode({ entry }: WasmPlugin, code: unknown): GuestResult | undefined {
  if (code === undefined || code === 0) return undefined;
  const returned = typeof code === 'number' ? String(code) : 'something else than an i32';
  return failed('threw', { message: `${entry} returned ${returned}, which says that it failed, and set no error` });
}

function surroundings(
  { plugin, places }: BoundModule,
  run: Run & { readonly memory: () => WebAssembly.Memory | undefined },
): Surroundings {
  const { invocation, calls } = run;
  const log = (text: string): void => {
    calls.post('log', 'write', JSON.stringify({ text: places(text) }));
  };
  const sleep = (ms: number): void => {
    const id = calls.submit('sleep', 'for', JSON.stringify({ ms }));
    if (id !== undefined) calls.answerTo(id);
  };
  const { input, config } = given(plugin, invocation.inputs);
  const blocks = new Blocks();
  const kernel = createKernel({ blocks, input, config, log: (level, text) => log(withLevel(level, text)) });
  const wasi = createWasi({ memory: run.memory, log, sleep, ...machineOr(invocation.deterministic) });
  return {
    functions: {
      'extism:host/env': { ...kernel.functions, ...createHttp(calls, blocks) },
      'extism:host/user': { host_call: createHostCall(calls, { ...invocation, places, blocks }) },
      wasi_snapshot_preview1: wasi.functions,
    },
    kernel,
    wasi,
  };
}

/** The log has no levels; what is more than information, or less, says so. */
function withLevel(level: LogLevel, text: string): string {
  return level === 'info' ? text : `${level}: ${text}`;
}

/** What goes in. A plugin of Extism knows one input, as bytes, and its configuration. */
function given(
  { abi, config }: WasmPlugin,
  inputs: string,
): { readonly input: Uint8Array<ArrayBuffer>; readonly config: ReadonlyMap<string, string> } {
  if (abi === 'waterflow') return { input: exactBytes(inputs), config: new Map() };
  // The agent checked that they are an object, and these two against the manifest.
  const read = JSON.parse(inputs) as Readonly<Record<string, unknown>>;
  const { input = '', input_base64: encoded } = read;
  const bytes =
    typeof encoded === 'string'
      ? exactBytes(Buffer.from(encoded, 'base64'))
      : exactBytes(typeof input === 'string' ? input : JSON.stringify(input));
  return { input: bytes, config: configOf(config, read) };
}

function resultOf(plugin: WasmPlugin, bytes: Uint8Array, limit: number): GuestResult {
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
