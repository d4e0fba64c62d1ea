import { type Blocks, exactBytes, textOf, wordAt } from './blocks.ts';

/** A function that a module imports: its own values in, one out. BigInt stands for i64. */
export type HostFunction = (...values: readonly never[]) => bigint | number | undefined;

/** The levels of Extism's log, in its own numbers. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What one run's kernel is made of. */
export interface KernelParts {
  readonly blocks: Blocks;
  /** The input; the kernel keeps it. */
  readonly input: Uint8Array<ArrayBuffer>;
  readonly config: ReadonlyMap<string, string>;
  readonly log: (level: LogLevel, text: string) => void;
}

/** Extism's kernel for one run of a module. */
export interface Kernel {
  readonly functions: Readonly<Record<string, HostFunction>>;
  /** What the module gave as its output, copied. */
  readonly output: () => Uint8Array<ArrayBuffer>;
  /** What the module said with `error_set`, where that is more than nothing. */
  readonly error: () => string | undefined;
}

/** Of all variables of a run with their names, as Extism bounds them where nobody says otherwise; it counts 48 for each. */
const variableBytesLimit = 1024 * 1024;
const bytesOfAVariable = 48;

/**
 * The functions of `extism:host/env` but those for HTTP: memory blocks, input, output, error, configuration, variables and log. They take the
 * place of the SDK's own (1.0.3), which has addresses for 32,767 blocks in a run, puts out whole blocks, and none that were freed, has no trace and no
 * level of the log, and says nothing of an error where a module traps. What they do is what Extism's runtime in Rust does, for which kits are made:
 * https://github.com/extism/extism/tree/main/kernel, runtime/src/pdk.rs.
 */
export function createKernel({ blocks, input, config, log }: KernelParts): Kernel {
  const inputView = new DataView(input.buffer, input.byteOffset, input.byteLength);
  let inputAddress: bigint | undefined;
  // The bytes themselves: kits free the block once they have said that it is the output, or the error.
  let output: Uint8Array | undefined;
  let error: Uint8Array | undefined;

  const nameAt = (address: bigint): string => {
    const bytes = blocks.bytesAt(address);
    if (bytes === undefined) throw new Error('the module gave a name at an address that is in no block');
    return textOf(bytes);
  };
  // The address of an empty text is 0.
  const write = (level: LogLevel) => (address: bigint) => {
    log(level, textOf(blocks.bytesAt(address) ?? new Uint8Array()));
    return undefined;
  };

  return {
    functions: {
      alloc: (bytes: bigint) => blocks.alloc(bytes),
      free: (address: bigint) => {
        blocks.free(address);
        return undefined;
      },
      length: (address: bigint) => BigInt(blocks.length(address)),
      length_unsafe: (address: bigint) => BigInt(blocks.length(address)),
      load_u8: (address: bigint) => blocks.loadByte(address),
      load_u64: (address: bigint) => blocks.loadWord(address),
      store_u8: (address: bigint, value: number) => {
        blocks.storeByte(address, value);
        return undefined;
      },
      store_u64: (address: bigint, value: bigint) => {
        blocks.storeWord(address, value);
        return undefined;
      },
      input_offset: () => {
        // Most modules read it by the functions below, and never ask for an address.
        inputAddress ??= blocks.store(input);
        return inputAddress;
      },
      input_length: () => BigInt(input.byteLength),
      input_load_u8: (offset: bigint) => input[Number(offset)] ?? 0,
      input_load_u64: (offset: bigint) => (offset < 0n ? 0n : wordAt(inputView, Number(offset))),
      output_set: (address: bigint, length: bigint) => {
        output = length === 0n ? undefined : blocks.bytesAt(address, length);
        if (output === undefined && length !== 0n) throw new Error('the module gave an output that is in no block');
        return undefined;
      },
      error_set: (address: bigint) => {
        error = blocks.bytesAt(address);
        return undefined;
      },
      config_get: (address: bigint) => {
        const value = config.get(nameAt(address));
        return value === undefined ? 0n : blocks.store(exactBytes(value));
      },
      ...variableFunctions(blocks, nameAt),
      get_log_level: () => logLevels.indexOf('trace'),
      ...Object.fromEntries(logLevels.map((level) => [`log_${level}`, write(level)])),
    },
    output: () => exactBytes(output ?? ''),
    error: () => (error === undefined ? undefined : textOf(error)),
  };
}

/** Variables hold copies. The block of a value is given back once it was read, since not all kits do it. */
function variableFunctions(
  blocks: Blocks,
  nameAt: (address: bigint) => string,
): Readonly<Record<'var_get' | 'var_set', HostFunction>> {
  const variables = new Map<string, Uint8Array<ArrayBuffer>>();
  let held = 0;
  const sizeOf = (name: string, value: Uint8Array): number =>
    bytesOfAVariable + Buffer.byteLength(name) + value.byteLength;
  const remove = (name: string): void => {
    const before = variables.get(name);
    if (before !== undefined) held -= sizeOf(name, before);
    variables.delete(name);
  };
  return {
    var_get: (address: bigint) => {
      const value = variables.get(nameAt(address));
      return value === undefined ? 0n : blocks.store(exactBytes(value));
    },
    var_set: (address: bigint, valueAddress: bigint) => {
      const name = nameAt(address);
      remove(name);
      if (valueAddress === 0n) return undefined;
      const value = exactBytes(blocks.bytesAt(valueAddress) ?? '');
      blocks.free(valueAddress);
      if (held + sizeOf(name, value) > variableBytesLimit)
        throw new Error(`the module's variables are larger than ${variableBytesLimit} bytes`);
      held += sizeOf(name, value);
      variables.set(name, value);
      return undefined;
    },
  };
}
