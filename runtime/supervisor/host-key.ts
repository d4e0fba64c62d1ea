import type { MemoryClass } from './confinement/memory-class.ts';

/** Who may use a host: nobody with another key ever does. */
export interface HostKey {
  readonly tenant: string;
  readonly digest: string;
  readonly runtime: 'isolate' | 'wasm';
  readonly memoryClass: MemoryClass;
  /** Third-party plugins: the run; built-in ones share hosts between a tenant's runs. */
  readonly run: string | undefined;
}

export function sameKey(one: HostKey, other: HostKey): boolean {
  return (
    one.tenant === other.tenant &&
    one.digest === other.digest &&
    one.runtime === other.runtime &&
    one.memoryClass === other.memoryClass &&
    one.run === other.run
  );
}

/** The same text for the same key, and for no other one. */
export function textOfKey({ tenant, digest, runtime, memoryClass, run }: HostKey): string {
  return JSON.stringify([tenant, digest, runtime, memoryClass, run]);
}
