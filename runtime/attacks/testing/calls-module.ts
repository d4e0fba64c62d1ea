import type { Json } from '../../../schemas/index.ts';
import { assemble } from '../../testing/wasm-builder.ts';
import { blockOf, code } from '../../testing/wasm-modules.ts';

/** A host call as calls.json has it. */
interface WrittenCall {
  readonly capability: string;
  readonly operation: string;
  readonly args: Json;
}

const kernel = (name: string, parameters: readonly ('i32' | 'i64')[], results: readonly ('i32' | 'i64')[] = []) =>
  ({ module: 'extism:host/env', name, parameters, results }) as const;
/** In the order of their numbers; blockOf() calls the first two. */
const imports = [
  kernel('alloc', ['i64'], ['i64']),
  kernel('store_u8', ['i64', 'i32']),
  { module: 'extism:host/user', name: 'host_call', parameters: ['i64'], results: ['i64'] },
  kernel('log_info', ['i64']),
] as const;
const [hostCall, logInfo] = [2, 3];
const pageBytes = 65_536;

/** A module that makes the calls one after the other, whatever is answered, and writes each answer to the log. */
export function callsModule(calls: readonly WrittenCall[]): Uint8Array {
  return framesModule(calls.map((call) => JSON.stringify({ v: 1, do: 'call', ...call })));
}

/** The same for frames of one's own making. */
export function framesModule(frames: readonly string[]): Uint8Array {
  let offset = 0;
  const body = frames.flatMap((frame) => {
    const from = offset;
    offset += Buffer.byteLength(frame);
    return [
      ...blockOf(from, offset),
      ...code(['localGet', 0], ['call', hostCall], ['localSet', 0], ['localGet', 0], ['call', logInfo]),
    ];
  });
  return assemble({
    imports,
    memories: [{ pages: Math.ceil(offset / pageBytes) + 1 }],
    data: frames.join(''),
    functions: [{ exported: 'run', locals: ['i64', 'i32'], body }],
  });
}
