import { setFlagsFromString } from 'node:v8';
import type ivm from 'isolated-vm';

/** A script of ours that many isolates run. It is compiled whole, once in this process; the next isolates take that over. */
export class KeptScript {
  readonly #name: string;
  readonly #source: string;
  #compiled: ivm.ExternalCopy<ArrayBuffer> | undefined;

  constructor(name: string, source: string) {
    this.#name = name;
    this.#source = source;
  }

  /** Runs it; its value is an object of exports. */
  evaluate(target: {
    readonly isolate: ivm.Isolate;
    readonly context: ivm.Context;
  }): ivm.Reference<Record<string, unknown>> {
    return this.compile(target.isolate).runSync(target.context, { reference: true });
  }

  /** Compiles it in an isolate, with what is kept of the first time. */
  compile(isolate: ivm.Isolate): ivm.Script {
    // Functions that are left for later would be compiled in each isolate again. The flag is part of what V8 checks, both times.
    setFlagsFromString('--no-lazy');
    try {
      const cache = this.#compiled === undefined ? { produceCachedData: true } : { cachedData: this.#compiled };
      const script = isolate.compileScriptSync(this.#source, { filename: this.#name, ...cache });
      this.#compiled ??= (script as ivm.Script & ivm.CachedDataResult).cachedData;
      return script;
    } finally {
      setFlagsFromString('--lazy');
    }
  }
}
