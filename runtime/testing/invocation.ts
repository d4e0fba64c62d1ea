import { createHash } from 'node:crypto';
import type { AbsolutePath, Digest, JsonObject } from '../../schemas/index.ts';
import type { HostCallHandler } from '../host-call.ts';
import type { LoadedPlugin, PluginCode } from '../plugin.ts';
import type { InvocationLimits, InvocationRequest } from '../supervisor/api.ts';

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
    readonly deterministic?: InvocationRequest['deterministic'];
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
    deterministic: options.deterministic,
    host: options.host ?? echoHost,
    signal: options.signal ?? new AbortController().signal,
  };
}
