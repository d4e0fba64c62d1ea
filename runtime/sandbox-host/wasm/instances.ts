import type { createPlugin as CreatePlugin, ExtismPluginOptions, Plugin } from '@extism/extism';
import type { HostFunction } from './kernel.ts';

type Functions = NonNullable<ExtismPluginOptions['functions']>;

/** What a module may call, by the module's own names for it. */
export type HostFunctions = Readonly<Record<string, Readonly<Record<string, HostFunction>>>>;

/** The id of a start section (WebAssembly core specification 2.0, 5.5.11). */
const startSection = 8;
const preambleBytes = 8;

/** Where an instance finds what it calls, once it is somebody's. */
interface Place {
  functions?: HostFunctions;
}

interface Instance {
  readonly plugin: Plugin;
  readonly place: Place;
}

/**
 * The instances of one module, each for one run. The next one may be made while nobody waits for it: nothing of the module runs then, so a
 * module that runs something when it is instantiated is always instantiated by the run itself.
 */
export class Instances {
  readonly #createPlugin: typeof CreatePlugin;
  readonly #compiled: WebAssembly.Module;
  readonly #runsAtOnce: boolean;
  #next: Promise<Instance | undefined> | undefined;

  constructor(createPlugin: typeof CreatePlugin, compiled: WebAssembly.Module, bytes: Uint8Array) {
    this.#createPlugin = createPlugin;
    this.#compiled = compiled;
    // Extism calls the latter as soon as there is an instance.
    this.#runsAtOnce = hasStart(bytes) || WebAssembly.Module.exports(compiled).some(({ name }) => name === 'hs_init');
  }

  /** One that nobody had, and that calls these functions. Throws what instantiating it throws. */
  async take(functions: HostFunctions): Promise<Plugin> {
    const ahead = this.#next;
    this.#next = undefined;
    const next = await ahead;
    if (next === undefined) return (await this.#make({ functions })).plugin;
    next.place.functions = functions;
    return next.plugin;
  }

  /** Makes the next one. */
  prepare(): void {
    if (this.#runsAtOnce || this.#next !== undefined) return;
    // The run that finds none makes its own, and is told why that can't be.
    this.#next = this.#make({}).catch(() => undefined);
  }

  async #make(place: Place): Promise<Instance> {
    const plugin = await this.#createPlugin(
      { wasm: [{ module: this.#compiled }] },
      {
        useWasi: false,
        // Explicitly, since an environment variable switches it on.
        enableWasiOutput: false,
        runInWorker: false,
        allowedHosts: [],
        allowedPaths: {},
        config: {},
        functions: this.#imports(place),
      },
    );
    return { plugin, place };
  }

  /** Each import calls what the instance's place has under its name. Extism gives its own memory first, which none of ours needs. */
  #imports(place: Place): Functions {
    const imports: Record<string, Record<string, unknown>> = {};
    for (const { module, name, kind } of WebAssembly.Module.imports(this.#compiled)) {
      if (kind !== 'function') continue;
      let found: HostFunction | undefined;
      imports[module] ??= {};
      imports[module][name] = (_: unknown, ...values: never[]) => {
        found ??= functionIn(place, { module, name });
        return found(...values);
      };
    }
    // Extism types them with `any`.
    return imports as unknown as Functions;
  }
}

function functionIn(
  { functions }: Place,
  { module, name }: { readonly module: string; readonly name: string },
): HostFunction {
  const found = functions?.[module]?.[name];
  if (found === undefined) throw new TypeError(`nobody runs the module, or there is no ${module} ${name}`);
  return found;
}

/** Whether a module that compiles runs a function when it is instantiated. */
export function hasStart(bytes: Uint8Array): boolean {
  let at = preambleBytes;
  while (at < bytes.length) {
    const id = bytes[at];
    if (id === startSection) return true;
    const { value, end } = unsignedAt(bytes, at + 1);
    at = end + value;
  }
  return false;
}

/** An unsigned number in LEB128. */
function unsignedAt(bytes: Uint8Array, start: number): { readonly value: number; readonly end: number } {
  let value = 0;
  let end = start;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[end] ?? 0;
    end += 1;
    value += (byte & 127) * scale;
    if (byte < 128) return { value, end };
  }
}
