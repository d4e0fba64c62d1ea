import { wasiFunctions } from './allowed-imports.ts';
import type { HostFunction } from './context.ts';
import type { TimeAndChance } from './time-and-chance.ts';

/** WASI preview 1 error numbers. */
const success = 0;
const badDescriptor = 8;
const invalid = 28;

/** Four i32 of the module, in the order of WASI's signature. */
type FourNumbers = readonly [number, number, number, number];

const subscriptionBytes = 48;
const eventBytes = 32;

/** `proc_exit`: ends the call. */
export class ModuleExit extends Error {
  override readonly name = 'ModuleExit';
  readonly code: number;

  constructor(code: number) {
    super(`the module ended itself with exit code ${code}`);
    this.code = code;
  }
}

/** What the stand-ins need of the module and may do to the world: read its memory, and write lines to the log. */
export interface WasiParts extends TimeAndChance {
  memory(): WebAssembly.Memory | undefined;
  log(text: string): void;
}

/**
 * WASI preview 1 without power, for modules whose language needs its functions to be there (Go, C++): no arguments, no
 * environment, no files; output goes to the log; a poll is answered at once, since a sleep would only block.
 */
export function createWasi(parts: WasiParts): Readonly<Record<string, HostFunction>> {
  const view = (): DataView | undefined => {
    const memory = parts.memory();
    return memory === undefined ? undefined : new DataView(memory.buffer);
  };
  const writeZeros = (_: unknown, first: number, second: number): number => {
    const data = view();
    if (data === undefined) return invalid;
    data.setUint32(first, 0, true);
    data.setUint32(second, 0, true);
    return success;
  };
  const writeTime = (_: unknown, clock: number, _precision: bigint, address: number): number => {
    const isKnownClock = clock === 0 || clock === 1;
    if (!isKnownClock) return invalid;
    view()?.setBigUint64(address, BigInt(parts.now()) * 1_000_000n, true);
    return success;
  };
  const refuse: HostFunction = () => badDescriptor;
  const refused = Object.fromEntries(wasiFunctions.map((name) => [name, refuse]));
  return {
    ...refused,
    args_get: () => success,
    args_sizes_get: writeZeros,
    environ_get: () => success,
    environ_sizes_get: writeZeros,
    clock_time_get: writeTime,
    clock_res_get: (_: unknown, _clock: number, address: number) => {
      view()?.setBigUint64(address, 1_000_000n, true);
      return success;
    },
    fd_write: (_: unknown, ...[descriptor, vectors, count, written]: FourNumbers) => {
      const data = view();
      if (data === undefined || (descriptor !== 1 && descriptor !== 2)) return badDescriptor;
      const bytes = gather(data, vectors, count);
      if (bytes.byteLength > 0) parts.log(new TextDecoder().decode(bytes).replace(/\n$/, ''));
      data.setUint32(written, bytes.byteLength, true);
      return success;
    },
    poll_oneoff: (_: unknown, ...[subscriptions, events, count, happened]: FourNumbers) => {
      const data = view();
      if (data === undefined || count === 0) return invalid;
      for (let index = 0; index < count; index += 1) {
        const subscription = subscriptions + index * subscriptionBytes;
        const event = events + index * eventBytes;
        for (let offset = 0; offset < eventBytes; offset += 8) data.setBigUint64(event + offset, 0n, true);
        data.setBigUint64(event, data.getBigUint64(subscription, true), true);
        data.setUint8(event + 10, data.getUint8(subscription + 8));
      }
      data.setUint32(happened, count, true);
      return success;
    },
    proc_exit: (_: unknown, code: number) => {
      throw new ModuleExit(code);
    },
    random_get: (_: unknown, address: number, length: number) => {
      const memory = parts.memory();
      if (memory === undefined) return invalid;
      parts.randomize(new Uint8Array(memory.buffer, address, length));
      return success;
    },
    sched_yield: () => success,
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
