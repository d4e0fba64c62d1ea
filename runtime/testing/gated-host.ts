import type { HostCall, HostCallHandler } from '../host-call.ts';

/** A host whose calls to the capability `gate` wait until the test opens it or they are aborted. Others get their arguments back. */
export interface GatedHost {
  readonly host: HostCallHandler;
  /** The first call that waits. */
  readonly arrived: Promise<HostCall>;
  readonly open: () => void;
}

/** A gate that is still closed. */
export function gatedHost(): GatedHost {
  const arrived = Promise.withResolvers<HostCall>();
  const gate = Promise.withResolvers<void>();
  const host: HostCallHandler = async (call, signal) => {
    if (call.capability !== 'gate') return { ok: call.args };
    arrived.resolve(call);
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    await Promise.race([gate.promise, aborted]);
    return { ok: 'through the gate' };
  };
  return { host, arrived: arrived.promise, open: () => gate.resolve() };
}
