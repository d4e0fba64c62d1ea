/** What we use of Extism's CallContext (1.0.3): the blocks through which a module and its host exchange bytes. */
export interface ModuleContext {
  read(address: bigint): { bytes(): Uint8Array; text(): string } | null;
  store(bytes: Uint8Array): bigint;
}

/** A function that a module imports, as Extism binds it: the context first. */
export type HostFunction = (context: ModuleContext, ...values: readonly never[]) => bigint | number | undefined;

/**
 * Bytes for a block. Extism keeps the ArrayBuffer behind what it is given, whole: a pooled Buffer would hand the
 * neighbours in the pool to the module, so it gets an exact copy. What TextEncoder makes has a buffer of its own already.
 */
export function exactBytes(content: string | Uint8Array): Uint8Array {
  if (typeof content !== 'string') return new Uint8Array(content);
  const encoded = new TextEncoder().encode(content);
  return encoded.buffer.byteLength === encoded.byteLength ? encoded : new Uint8Array(encoded);
}
