/** What a module exports, by name. */
type Exports = Readonly<Record<string, unknown>>;
type Exported = (...values: readonly number[]) => unknown;

/**
 * Starts what a module's language needs before anything else of it is called, as Extism's runtimes do with their own WASI, and its SDK for
 * JavaScript without it doesn't: Haskell's runtime by `hs_init`, after `_initialize`; else C's constructors by `__wasm_call_ctors`, or what
 * `_initialize` does. Without it C++ statics are empty, and Go traps. A command does all that itself, in its `_start`.
 */
export function startRuntime(exports: Exports, entry: string): void {
  if (entry === '_start' || entry === '_initialize') return;
  const initialize = withoutParameters(exports, '_initialize');
  const haskell = functionOf(exports, 'hs_init');
  if (haskell !== undefined) {
    initialize?.();
    // No arguments: neither their number nor their place. The SDK (1.0.3) has called it before, too early; Haskell counts such calls.
    haskell(0, 0);
    return;
  }
  const constructors = withoutParameters(exports, '__wasm_call_ctors');
  (constructors ?? initialize)?.();
}

/** The entry, which was looked for when the module was bound. Throws where it isn't there. */
export function entryOf(exports: Exports, entry: string): Exported {
  const found = functionOf(exports, entry);
  if (found === undefined) throw new TypeError(`the module exports no function ${entry}`);
  return found;
}

function withoutParameters(exports: Exports, name: string): Exported | undefined {
  const found = functionOf(exports, name);
  return found?.length === 0 ? found : undefined;
}

function functionOf(exports: Exports, name: string): Exported | undefined {
  const found = Object.hasOwn(exports, name) ? exports[name] : undefined;
  // A function of WebAssembly takes numbers, those of 64 bits aside, which none of these has.
  return typeof found === 'function' ? (found as Exported) : undefined;
}
