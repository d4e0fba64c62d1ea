const mebibyte = 1024 * 1024;

/** A host's memory class in MiB: its heap flags and rlimit, which a running process can't change. */
export type MemoryClass = 64 | 128 | 256 | 512;

/** All classes, from the smallest. */
export const memoryClasses: readonly MemoryClass[] = [64, 128, 256, 512];

/** The most that a plugin can have, in bytes. */
export const mostMemoryBytes: number = 512 * mebibyte;

/** The class of the warm spares: the manifest's default. */
export const spareMemoryClass: MemoryClass = 64;

/** The smallest class that holds it; undefined where none does. */
export function memoryClassFor(bytes: number): MemoryClass | undefined {
  return memoryClasses.find((each) => bytes <= each * mebibyte);
}

/**
 * RLIMIT_DATA of a host. An empty isolate host (`--jitless`) takes 31 MiB and starts with 64, an empty WASM host takes 542 and
 * starts with 576; 509.5 of these are V8's range for generated code (measured, Node 24.21). On top of it the class, stacks of
 * threads that may be started, and room for the engine to report in order. This stops what the watchdog finds too late.
 */
export function dataLimitBytes(runtime: 'isolate' | 'wasm', memoryClass: MemoryClass): number {
  const emptyHostMib = runtime === 'isolate' ? 112 : 640;
  return (emptyHostMib + memoryClass) * mebibyte;
}
