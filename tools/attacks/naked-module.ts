import { readFileSync } from 'node:fs';
import createPlugin from '@extism/extism';
import { isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import type { NakedCall } from './naked-child.ts';

/** What we use of Extism's view of a call. */
interface CallContext {
  read(address: bigint): { text(): string } | null;
  store(text: string): bigint;
}

/** Whatever isn't a text is no name of a call here, either. */
function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** What a module that nothing holds is given. */
interface NakedPowers {
  readonly call: NakedCall;
  readonly log: (text: string) => void;
}

/** Runs a WASM module with all that Extism can give, and with something for every other import that it asks for. */
export async function runNakedModule(file: string, inputs: JsonObject, powers: NakedPowers): Promise<Json> {
  const module = await WebAssembly.compile(readFileSync(file));
  const given: string[] = [];
  const stub = (name: string) => () => {
    given.push(name);
    return 0;
  };
  const known = new Set(['extism:host/env', 'extism:host/user', 'wasi_snapshot_preview1']);
  const others: Record<string, Record<string, unknown>> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (!known.has(from)) (others[from] ??= {})[name] = stub(`${from}.${name}`);
  }
  const plugin = await createPlugin(
    { wasm: [{ module }] },
    {
      useWasi: true,
      allowedHosts: ['*'],
      allowedPaths: { '/': '/' },
      runInWorker: false,
      logger: {
        ...console,
        trace: powers.log,
        debug: powers.log,
        info: powers.log,
        warn: powers.log,
        error: powers.log,
      },
      config: Object.fromEntries(
        Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
      functions: {
        ...others,
        'extism:host/user': {
          host_call: (context: CallContext, address: bigint) => {
            const frame: Json = JSON.parse(context.read(address)?.text() ?? '{}');
            if (isJsonObject(frame)) {
              const args = isJsonObject(frame['args']) ? frame['args'] : {};
              const answer = powers.call(textOf(frame['capability']), textOf(frame['operation']), args);
              if (!(answer instanceof Promise)) return context.store(JSON.stringify({ ok: answer }));
            }
            return context.store('{"ok":null}');
          },
        },
      },
    },
  );
  const output = await plugin.call('run', JSON.stringify(inputs));
  const text = output?.text() ?? '';
  if (given.length > 0) return { breach: given };
  try {
    return JSON.parse(text);
  } catch {
    return { output: text };
  }
}
