import { createPlugin } from '@extism/extism';
import { CallChannel } from '../../sandbox-host/call-channel.ts';
import { createWasmEngine } from '../../sandbox-host/wasm/engine.ts';
import { callBytesLimit, encodeFrame, FrameReader, textOf } from '../../sandbox-host/wire.ts';
import type { ExtismCase, ExtismEnd } from './cases.ts';

/** What came of a call. */
export interface ExtismAnswer {
  readonly end: ExtismEnd;
  /** The lines of the log. */
  readonly log: readonly string[];
}

/** Calls a function of a module as a sandbox host does, in this process. Its log is kept, its sleeps take their time; it has no other host calls. */
export async function callExtism(
  module: Uint8Array,
  { entry, input, config = {} }: Pick<ExtismCase, 'entry' | 'input' | 'config'>,
): Promise<ExtismAnswer> {
  const log: string[] = [];
  const engine = createWasmEngine(createPlugin);
  await engine.bind({ runtime: 'wasm', abi: 'extism', entry, config, module });
  const inputs = JSON.stringify(input === undefined ? {} : inputsOf(input));
  const invocation = { inputs, capabilities: [], output_bytes: 8 * 1024 ** 2, heap_mb: 64 };
  const { kind, details } = await engine.invoke(invocation, channelWith(log));
  // As the engine writes it.
  const read = JSON.parse(details) as Readonly<Record<string, string>>;
  if (kind !== 'returned') return { end: { fails: read['message'] ?? kind }, log };
  const { output, output_base64: encoded = '' } = read;
  return { end: { output: output === undefined ? Buffer.from(encoded, 'base64') : Buffer.from(output) }, log };
}

function inputsOf(input: string | Uint8Array): { readonly input: string } | { readonly input_base64: string } {
  return typeof input === 'string' ? { input } : { input_base64: Buffer.from(input).toString('base64') };
}

/** A channel with an agent at its other end that answers at once. */
function channelWith(log: string[]): CallChannel {
  const reader = new FrameReader(callBytesLimit);
  let waiting = Buffer.alloc(0);
  return new CallChannel({
    write: (from) => {
      for (const { header, body } of reader.push(from.slice())) {
        // As the modules' own host sends it.
        const { text, ms } = JSON.parse(textOf(body)) as { readonly text?: string; readonly ms?: number };
        if (header['capability'] === 'log') log.push(...(text ?? '').split('\n'));
        if (header['capability'] === 'sleep') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
        waiting = Buffer.concat([waiting, encodeFrame({ t: 'answer', id: header['id'] }, '{"ok":null}')]);
      }
      return from.byteLength;
    },
    read: (into) => {
      const bytes = waiting.copy(into);
      waiting = waiting.subarray(bytes);
      return bytes;
    },
  });
}
