import { wasiFunctions } from './allowed-imports.ts';
import type { HostFunction } from './kernel.ts';
import { PrintedLines } from './printed-lines.ts';
import type { TimeAndChance } from './time-and-chance.ts';
import { poll } from './wasi-poll.ts';

/** WASI preview 1 error numbers. */
const success = 0;
const badDescriptor = 8;
const invalid = 28;

const standardInput = 0;
/** Of WASI's file types: what a terminal or /dev/null is. */
const characterDevice = 2;
const nanosecondsPerMs = 1_000_000n;

/** Four i32 of the module, in the order of WASI's signature. */
type FourNumbers = readonly [number, number, number, number];

/** `proc_exit`: ends the call. */
export class ModuleExit extends Error {
  override readonly name = 'ModuleExit';
  readonly code: number;

  constructor(code: number) {
    super(`the module ended itself with exit code ${code}`);
    this.code = code;
  }
}

/** What the stand-ins need of the module and may do to the world: read its memory, write lines to the log, and wait. */
export interface WasiParts extends TimeAndChance {
  memory(): WebAssembly.Memory | undefined;
  log(text: string): void;
  sleep(ms: number): void;
}

/** WASI for one run of a module. */
export interface Wasi {
  readonly functions: Readonly<Record<string, HostFunction>>;
  /** Writes what was printed without an end of line. */
  readonly flush: () => void;
}

/**
 * WASI preview 1 without power, for modules whose language needs its functions to be there (Go, C++): no arguments, no
 * environment, no files; standard input is empty, output goes to the log, and a sleep is the host call.
 */
export function createWasi(parts: WasiParts): Wasi {
  const view = (): DataView | undefined => {
    const memory = parts.memory();
    return memory === undefined ? undefined : new DataView(memory.buffer);
  };
  const writeZeros = (first: number, second: number): number => {
    const data = view();
    if (data === undefined) return invalid;
    data.setUint32(first, 0, true);
    data.setUint32(second, 0, true);
    return success;
  };
  // Clocks: of the day, one that only goes on, and the processor's times of process and thread.
  const isClock = (clock: number): boolean => clock >= 0 && clock <= 3;
  const refuse: HostFunction = () => badDescriptor;
  const refused = Object.fromEntries(wasiFunctions.map((name) => [name, refuse]));
  const printed = new Map([1, 2].map((descriptor) => [descriptor, new PrintedLines((text) => parts.log(text))]));
  const functions: Record<string, HostFunction> = {
    ...refused,
    args_get: () => success,
    args_sizes_get: writeZeros,
    environ_get: () => success,
    environ_sizes_get: writeZeros,
    clock_time_get: (clock: number, _precision: bigint, address: number) => {
      if (!isClock(clock)) return invalid;
      view()?.setBigUint64(address, BigInt(parts.now()) * nanosecondsPerMs, true);
      return success;
    },
    clock_res_get: (clock: number, address: number) => {
      if (!isClock(clock)) return invalid;
      view()?.setBigUint64(address, nanosecondsPerMs, true);
      return success;
    },
    fd_fdstat_get: (descriptor: number, address: number) => {
      const data = view();
      if (data === undefined || (descriptor !== standardInput && !printed.has(descriptor))) return badDescriptor;
      // Flags and rights are zeros.
      for (let offset = 0; offset < 24; offset += 8) data.setBigUint64(address + offset, 0n, true);
      data.setUint8(address, characterDevice);
      return success;
    },
    fd_read: (...[descriptor, _vectors, _count, read]: FourNumbers) => {
      if (descriptor !== standardInput) return badDescriptor;
      view()?.setUint32(read, 0, true);
      return success;
    },
    fd_write: (...[descriptor, vectors, count, written]: FourNumbers) => {
      const data = view();
      const lines = printed.get(descriptor);
      if (data === undefined || lines === undefined) return badDescriptor;
      const bytes = gather(data, vectors, count);
      lines.push(bytes);
      data.setUint32(written, bytes.byteLength, true);
      return success;
    },
    poll_oneoff: (...[subscriptions, events, count, happened]: FourNumbers) => {
      const data = view();
      if (data === undefined || count === 0) return invalid;
      data.setUint32(happened, poll(data, { subscriptions, events, count }, parts), true);
      return success;
    },
    proc_exit: (code: number) => {
      throw new ModuleExit(code);
    },
    random_get: (address: number, length: number) => {
      const memory = parts.memory();
      if (memory === undefined) return invalid;
      parts.randomize(new Uint8Array(memory.buffer, address, length));
      return success;
    },
    sched_yield: () => success,
  };
  return {
    functions,
    flush: () => {
      for (const lines of printed.values()) lines.flush();
    },
  };
}

/** The bytes of an iovec list. */
function gather(data: DataView, vectors: number, count: number): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) {
    const vector = vectors + index * 8;
    parts.push(new Uint8Array(data.buffer, data.getUint32(vector, true), data.getUint32(vector + 4, true)));
  }
  return Buffer.concat(parts);
}
