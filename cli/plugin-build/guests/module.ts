import { moduleMemoryBytes, type RunnableManifest } from '../../../runtime/manifest/index.ts';
import { forbiddenImport } from '../../../runtime/sandbox-host/wasm/allowed-imports.ts';
import { WaterflowFailure } from '../../../schemas/index.ts';

const pageBytes = 64 * 1024;
const memorySection = 5;
const preambleBytes = 8;

/**
 * The module as it may run: its imports are those that its ABI has, it exports the entry, and its memory ends where the manifest's
 * `limits.memory` does, so that an allocation past that fails in the module. Throws WaterflowFailure BUILD_FAILED.
 */
export async function finishedModule(bytes: Uint8Array, manifest: RunnableManifest): Promise<Uint8Array> {
  const compiled = await compile(bytes);
  const forbidden = forbiddenImport(WebAssembly.Module.imports(compiled), manifest.abi ?? 'waterflow');
  if (forbidden !== undefined) throw unfit(forbidden.message, forbidden.remedy);
  const entry = manifest.entry ?? 'run';
  const exports = WebAssembly.Module.exports(compiled);
  if (!exports.some(({ name, kind }) => name === entry && kind === 'function'))
    throw unfit(`the module exports no function ${entry}`, `Export ${entry}: it is what the agent calls.`);
  return withMemoryMaximum(bytes, Math.floor(moduleMemoryBytes(manifest) / pageBytes));
}

async function compile(bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw unfit(`what the compiler made is no module: ${message}`, 'See what the compiler was asked for.');
  }
}

/** Writes the most pages into the memory section (WebAssembly 3.0, binary format 5.5.8), unless the module has less there. */
export function withMemoryMaximum(bytes: Uint8Array, mostPages: number): Uint8Array {
  const parts: Uint8Array[] = [bytes.subarray(0, preambleBytes)];
  const reader = new Reader(bytes, preambleBytes);
  while (reader.at < bytes.length) {
    const start = reader.at;
    const id = reader.byte();
    const size = reader.unsigned();
    const content = reader.at;
    reader.at += size;
    parts.push(
      id === memorySection
        ? boundedMemory(new Reader(bytes.subarray(0, reader.at), content), mostPages)
        : bytes.subarray(start, reader.at),
    );
  }
  return new Uint8Array(Buffer.concat(parts));
}

function boundedMemory(reader: Reader, mostPages: number): Uint8Array {
  if (reader.unsigned() !== 1) throw unfit('the module has several memories', 'Build it with one memory.');
  const flags = reader.byte();
  if (flags > 1) throw unfit('the module has a shared or a 64-bit memory', 'Build it for wasm32, without threads.');
  const first = reader.unsigned();
  const most = flags === 1 ? Math.min(reader.unsigned(), mostPages) : mostPages;
  if (first > mostPages) {
    throw unfit(
      `the module begins with ${first} pages of memory, and limits.memory allows ${mostPages}`,
      'Raise `limits.memory` in plugin.yaml, or give the module less.',
    );
  }
  const content = [1, 1, ...unsigned(first), ...unsigned(most)];
  return new Uint8Array([memorySection, ...unsigned(content.length), ...content]);
}

class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const byte = this.#bytes[this.at];
    if (byte === undefined) throw unfit('the module ends too early', 'Build it again.');
    this.at += 1;
    return byte;
  }

  /** LEB128. */
  unsigned(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }
}

function unsigned(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function unfit(message: string, remedy: string): WaterflowFailure {
  return new WaterflowFailure({ code: 'BUILD_FAILED', message, remedy });
}
