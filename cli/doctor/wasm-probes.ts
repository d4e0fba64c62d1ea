import type { Probe } from './probes.ts';

const mebibyte = 1024 * 1024;
const magicAndVersion = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** `loop br 0 end i32.const 0`: for ever. */
const loopForEver = [0x03, 0x40, 0x0c, 0x00, 0x0b, 0x41, 0x00];

const pagesToGrow = [0x41, 0x10];
const grow = [0x40, 0x00];
const toAddress = [0x41, 0x10, 0x74];
const aMebibyteOfOnes = [0x41, 0x01, 0x41, 0x80, 0x80, 0xc0, 0x00];
const fill = [0xfc, 0x0b, 0x00];
/**
 * A loop of `memory.fill (memory.grow 16 << 16) 1 1048576`: a mebibyte more each time, written to, since pages that nobody
 * writes to take no memory.
 */
const growing = [...pagesToGrow, ...grow, ...toAddress, ...aMebibyteOfOnes, ...fill];
const growForEver = [0x03, 0x40, ...growing, 0x0c, 0x00, 0x0b, 0x41, 0x00];

/** The limits of a guest in WebAssembly, each with a module that goes past it. */
export const wasmProbes: readonly Probe[] = [
  {
    name: 'wasm: deadline',
    attempt: 'loops for ever',
    code: { module: moduleOf(loopForEver) },
    limits: { timeout_ms: 1_000 },
    expected: ['TIMEOUT'],
  },
  {
    name: 'wasm: memory',
    attempt: 'grows its memory until death',
    code: { module: moduleOf(growForEver) },
    limits: { memory_bytes: 64 * mebibyte },
    expected: ['OUT_OF_MEMORY'],
  },
  {
    name: 'wasm: imports',
    attempt: 'imports a way to write files',
    code: { module: moduleOf([0x41, 0x00], importOf('node:fs', 'writeFileSync')) },
    limits: {},
    expected: ['PLUGIN_INVALID'],
  },
];

/** A module whose export `run` has this body and gives an i32, and whose memory is one page at first. WebAssembly 1.0, binary format 5.5. */
function moduleOf(body: readonly number[], imports: readonly number[] = []): Uint8Array {
  const type = [0x01, 0x60, 0x00, 0x01, 0x7f];
  const run = imports.length === 0 ? 0 : 1;
  return new Uint8Array([
    ...magicAndVersion,
    ...section(1, type),
    ...(imports.length === 0 ? [] : section(2, imports)),
    ...section(3, [0x01, 0x00]),
    ...section(5, [0x01, 0x00, 0x01]),
    ...section(7, [0x02, ...text('run'), 0x00, run, ...text('memory'), 0x02, 0x00]),
    ...section(10, [0x01, ...sized([0x00, ...body, 0x0b])]),
  ]);
}

/** One imported function of the module's only type. */
function importOf(module: string, name: string): readonly number[] {
  return [0x01, ...text(module), ...text(name), 0x00, 0x00];
}

function section(id: number, content: readonly number[]): readonly number[] {
  return [id, ...sized(content)];
}

function text(name: string): readonly number[] {
  return sized([...Buffer.from(name)]);
}

/** The length goes before; below 128 it is one byte of LEB128, and nothing here is longer. */
function sized(content: readonly number[]): readonly number[] {
  return [content.length, ...content];
}
