/** A script that threw while it was loaded: what a plugin does outside of its function. */
export class ScriptFailure extends Error {
  override readonly name = 'ScriptFailure';
  /** Lines of places in QuickJS's form. */
  readonly places: string;

  constructor(message: string, places: string) {
    super(message);
    this.places = places;
  }
}

/** 1.75 MiB of calls, some 10,000 of small functions as in an isolate, of the 2.25 that the engine has; the rest is for what QuickJS doesn't count. */
const stackBytes = 1.75 * 1024 * 1024;

/** What shim.c exports. */
interface EngineExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly __stack_pointer: { readonly value: number };
  readonly build_text: (length: number) => number;
  readonly build_failure: () => number;
  readonly build_engine: (stackBytes: number) => number;
  readonly build_prelude: (text: number, length: number) => number;
  readonly build_plugin: (text: number, length: number) => number;
}

/** The engine while a plugin is built: an instance that has no host. */
export class BuildEngine {
  readonly #exports: EngineExports;
  readonly #stackTop: number;

  constructor(engine: Uint8Array) {
    const module = new WebAssembly.Module(engine);
    const imports: Record<string, Record<string, () => never>> = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      const functions = (imports[from] ??= {});
      functions[name] = () => {
        throw new Error(`the engine called ${from} ${name} while a plugin was built`);
      };
    }
    // engine.wasm is ours; a test compares what it exports.
    this.#exports = new WebAssembly.Instance(module, imports).exports as unknown as EngineExports;
    this.#stackTop = this.#exports.__stack_pointer.value;
  }

  /** Loads both scripts. Throws {@link ScriptFailure}, and Error where the engine isn't as it was expected to be. */
  load({ prelude, plugin }: { readonly prelude: string; readonly plugin: string }): void {
    const texts = [this.#write(prelude), this.#write(plugin)] as const;
    if (this.#exports.build_engine(stackBytes) !== 0) throw new Error('the engine could not be made');
    for (const [build, { address, length }] of [
      [this.#exports.build_prelude, texts[0]],
      [this.#exports.build_plugin, texts[1]],
    ] as const) {
      if (build(address, length) !== 0) throw this.#failure();
    }
    if (this.#exports.__stack_pointer.value !== this.#stackTop) throw new Error("the engine's stack is not empty");
    // Nobody reads them again: the engine has copies of what it needs. Below the stack's top nothing is left of use either.
    for (const { address, length } of texts) this.memory().fill(0, address, address + length);
    this.memory().fill(0, 0, this.#stackTop);
  }

  /** As it is now: it may grow with the next call. */
  memory(): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer);
  }

  #write(text: string): { readonly address: number; readonly length: number } {
    const bytes = new TextEncoder().encode(text);
    const address = this.#exports.build_text(bytes.length);
    this.memory().set(bytes, address);
    return { address, length: bytes.length };
  }

  #failure(): ScriptFailure {
    const address = this.#exports.build_failure();
    const memory = this.memory();
    const text = new TextDecoder().decode(memory.subarray(address, memory.indexOf(0, address)));
    // A message may have lines of its own; places are lines with `at`.
    const lines = text.split('\n');
    const isPlace = (line: string): boolean => /^\s+at /.test(line);
    return new ScriptFailure(
      lines
        .filter((line) => !isPlace(line))
        .join('\n')
        .trim(),
      lines.filter(isPlace).join('\n'),
    );
  }
}
