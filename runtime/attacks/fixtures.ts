/** Plugins, requests and modules for tests that run real sandboxes. */
import { createHash } from 'node:crypto';
import type { AbsolutePath, Digest, JsonObject } from '../../schemas/index.ts';
import type { HostCallHandler } from '../host-call.ts';
import type { LoadedPlugin, PluginCode } from '../plugin.ts';
import type { InvocationLimits, InvocationRequest } from '../supervisor/api.ts';
import { assemble, op } from './wasm-builder.ts';

/** A plugin around some code; `requests` are the capabilities that its manifest asks for. */
export function pluginOf(
  code: PluginCode,
  options: { readonly requests?: readonly string[]; readonly origin?: LoadedPlugin['origin'] } = {},
): LoadedPlugin {
  const { runtime, ...rest } = code;
  const content = JSON.stringify([runtime, rest, options.requests]);
  const digest = createHash('sha256').update(content).digest('hex');
  const permissions = Object.fromEntries((options.requests ?? []).map((name) => [name, []]));
  return {
    // Test data, of the form that the brands stand for.
    identity: { name: 'fixture', version: '1.0.0', digest: `sha256:${digest}` as Digest },
    manifest: { name: 'fixture', version: '1.0.0', description: 'A fixture.', runtime: code.runtime, permissions },
    folder: '/fixture' as AbsolutePath,
    origin: options.origin ?? 'built-in',
    code,
  };
}

/** A TypeScript plugin (types stripped): the body of `async (inputs, host) => { … }`. */
export function script(body: string, options?: Parameters<typeof pluginOf>[1]): LoadedPlugin {
  return modules({ 'index.ts': `export default async (inputs, host) => {\n${body}\n};` }, options);
}

/** A plugin of several modules, `index.ts` the main one. */
export function modules(
  files: Readonly<Record<string, string>>,
  options?: Parameters<typeof pluginOf>[1],
): LoadedPlugin {
  return pluginOf({ runtime: 'isolate', main: 'index.ts', modules: files }, options);
}

/** A WASM plugin, ABI waterflow, entry `run`. */
export function wasm(
  module: Uint8Array,
  options: { readonly abi?: 'waterflow' | 'extism'; readonly config?: Readonly<Record<string, string>> } = {},
): LoadedPlugin {
  return pluginOf({
    runtime: 'wasm',
    abi: options.abi ?? 'waterflow',
    entry: 'run',
    config: options.config ?? {},
    module,
  });
}

/** Answers every call with its own arguments. */
const echoHost: HostCallHandler = async ({ args }) => ({ ok: args });

/** A request with limits that suit a test; single ones can be replaced. */
export function requestOf(
  plugin: LoadedPlugin,
  options: {
    readonly inputs?: JsonObject;
    readonly limits?: Partial<InvocationLimits>;
    readonly host?: HostCallHandler;
    readonly owner?: Partial<InvocationRequest['owner']>;
    readonly signal?: AbortSignal;
    readonly required_level?: InvocationRequest['required_level'];
  } = {},
): InvocationRequest {
  return {
    plugin,
    owner: { tenant: 'default', run: 'run-1', ...options.owner },
    inputs: options.inputs ?? {},
    limits: {
      timeout_ms: 20_000,
      memory_bytes: 64 * 1024 * 1024,
      output_bytes: 1024 * 1024,
      host_calls: 10_000,
      cancel_grace_ms: 2_000,
      ...options.limits,
    },
    required_level: options.required_level ?? 0,
    host: options.host ?? echoHost,
    signal: options.signal ?? new AbortController().signal,
  };
}

type Operation = keyof typeof op;

/** Instructions in a row: `['i32', 5], ['drop']`. */
export function code(...instructions: readonly (readonly [Operation, ...number[]])[]): readonly number[] {
  return instructions.flatMap(([operation, ...operands]) => op[operation]?.(...operands) ?? []);
}

/** The kernel functions that {@link frameModule} imports, in the order of their numbers. */
const frameImports = [
  { module: 'extism:host/env', name: 'alloc', parameters: ['i64'], results: ['i64'] },
  { module: 'extism:host/env', name: 'store_u8', parameters: ['i64', 'i32'] },
  { module: 'extism:host/env', name: 'length', parameters: ['i64'], results: ['i64'] },
  { module: 'extism:host/env', name: 'output_set', parameters: ['i64', 'i64'] },
  { module: 'extism:host/user', name: 'host_call', parameters: ['i64'], results: ['i64'] },
] as const;
const [alloc, storeByte, length, outputSet, hostCall] = [0, 1, 2, 3, 4];

/** Leaves a block with the bytes from `from` to `to` of memory in local 0. Uses local 1. */
function blockOf(from: number, to: number): readonly number[] {
  return code(
    ['i64', to - from],
    ['call', alloc],
    ['localSet', 0],
    ['i32', 0],
    ['localSet', 1],
    ['loop'],
    ['localGet', 0],
    ['localGet', 1],
    ['extend32'],
    ['add64'],
    ['localGet', 1],
    ['i32', from],
    ['add32'],
    ['load8'],
    ['call', storeByte],
    ['localGet', 1],
    ['i32', 1],
    ['add32'],
    ['localTee', 1],
    ['i32', to - from],
    ['ltUnsigned32'],
    ['brIf', 0],
    ['end'],
  );
}

const outputLocal0 = code(['localGet', 0], ['localGet', 0], ['call', length], ['call', outputSet]);

/** A module whose `run` sends each frame by host_call and outputs the answer to the last one. */
export function frameModule(frames: readonly string[]): Uint8Array {
  let offset = 0;
  const calls = frames.flatMap((frame) => {
    const from = offset;
    offset += Buffer.byteLength(frame);
    return [...blockOf(from, offset), ...code(['localGet', 0], ['call', hostCall], ['localSet', 0])];
  });
  return assemble({
    imports: frameImports,
    memories: [{ pages: 4 }],
    data: frames.join(''),
    functions: [{ exported: 'run', locals: ['i64', 'i32'], body: [...calls, ...outputLocal0] }],
  });
}

/** A module that outputs a text of its own. */
export function outputModule(text: string): Uint8Array {
  return assemble({
    imports: frameImports,
    memories: [{ pages: 4 }],
    data: text,
    functions: [
      { exported: 'run', locals: ['i64', 'i32'], body: [...blockOf(0, Buffer.byteLength(text)), ...outputLocal0] },
    ],
  });
}

/** A module that outputs its whole input block, however long the host made it. */
export const echoModule: Uint8Array = assemble({
  imports: [...frameImports, { module: 'extism:host/env', name: 'input_offset', results: ['i64'] }],
  functions: [{ exported: 'run', locals: ['i64'], body: [...code(['call', 5], ['localSet', 0]), ...outputLocal0] }],
});

/** A module whose `run` has this body. */
export function runModule(body: readonly number[], options: Parameters<typeof assemble>[0] = {}): Uint8Array {
  return assemble({ ...options, functions: [{ exported: 'run', body }] });
}
