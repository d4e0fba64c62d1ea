import type ivm from 'isolated-vm';
import type { KeptScript } from './kept-script.ts';

/** What isolates are made of: the native module, and the sources of our own code inside them. */
export interface IsolateParts {
  readonly ivm: typeof ivm;
  readonly prelude: KeptScript;
  /** What isolates load where a plugin looks at it, by name: each script's value is an object of exports. */
  readonly polyfills: ReadonlyMap<string, KeptScript>;
  /** The source of `waterflow/plugin`. */
  readonly guestApi: string;
}

/** A function inside an isolate. */
export type GuestFunction = ivm.Reference<(...values: readonly unknown[]) => unknown>;

/** A new isolate, hardened, with the prelude and nothing of a plugin in it. It serves one invocation. */
export interface PreparedIsolate {
  readonly heapMb: number;
  readonly target: { readonly isolate: ivm.Isolate; readonly context: ivm.Context };
  /** The prelude's exports, see runtime/guest/prelude.ts. */
  readonly prelude: Readonly<Record<'connect' | 'run' | 'settle' | 'provide' | 'rejected', GuestFunction>>;
}

/** The smallest heap that isolated-vm 7 takes. */
const leastHeapMb = 8;

/** Makes one: 1.8 ms, most of what an invocation takes. With `inspector`, it can be looked into from outside. */
export function prepareIsolate(
  parts: IsolateParts,
  heapMb: number,
  { inspector = false }: { readonly inspector?: boolean } = {},
): PreparedIsolate {
  const isolate = new parts.ivm.Isolate({
    inspector,
    memoryLimit: Math.max(leastHeapMb, heapMb),
    // V8 has lost control over the isolate; the agent sees the process end.
    onCatastrophicError: () => process.abort(),
  });
  try {
    const target = { isolate, context: isolate.createContextSync() };
    const prelude = parts.prelude.evaluate(target);
    const exports = {
      connect: exported(prelude, 'connect'),
      run: exported(prelude, 'run'),
      settle: exported(prelude, 'settle'),
      provide: exported(prelude, 'provide'),
      rejected: exported(prelude, 'rejected'),
    };
    return { heapMb, target, prelude: exports };
  } catch (error) {
    if (!isolate.isDisposed) isolate.dispose();
    throw error;
  }
}

/** A function among `exports`. Throws where a module has no such export yet. */
export function exported(exports: ivm.Reference<Record<string, unknown>>, name: string): GuestFunction {
  const reference = exports.getSync(name, { reference: true });
  // A Reference to anything can be handed on; what isn't a function is found out where it is applied.
  return reference as GuestFunction;
}

/** Isolates made ahead of their invocation, one at a time, in the time in which the agent has nothing for its host to do. */
export class IsolateReserve {
  readonly #parts: IsolateParts;
  #ready: PreparedIsolate | undefined;
  /** What the next one is likely to need: a host has one plugin, and a plugin one limit. */
  #heapMb: number;

  constructor(parts: IsolateParts, heapMb: number) {
    this.#parts = parts;
    this.#heapMb = heapMb;
  }

  /** The one that is ready, or a new one. It is the caller's, who disposes of it. */
  take(heapMb: number): PreparedIsolate {
    const ready = this.#ready;
    this.#ready = undefined;
    this.#heapMb = heapMb;
    if (ready?.heapMb === heapMb) return ready;
    ready?.target.isolate.dispose();
    return prepareIsolate(this.#parts, heapMb);
  }

  /** Makes the next one ready. What stands in its way is told by take(), to the invocation that it concerns. */
  fill(): void {
    try {
      this.#ready ??= prepareIsolate(this.#parts, this.#heapMb);
    } catch {
      // Nothing is ready, then.
    }
  }
}
