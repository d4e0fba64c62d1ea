import { assemble } from '../../../testing/wasm-builder.ts';
import { code } from '../../../testing/wasm-modules.ts';

const kernel = (name: string, parameters: readonly ('i32' | 'i64')[], results: readonly ('i32' | 'i64')[] = []) =>
  ({ module: 'extism:host/env', name, parameters, results }) as const;
const pathOpen = {
  module: 'wasi_snapshot_preview1',
  name: 'path_open',
  parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i64', 'i64', 'i32', 'i32'],
  results: ['i32'],
} as const;
const claim = '{"breach":"opened"}';
/** Behind the path. */
const result = 4096;

/** Opens the file, and outputs a claim where that went well. */
export default function build(arena: Record<string, unknown>): Uint8Array {
  const path = String(arena['file']).slice(1);
  const store = [...Buffer.from(claim)].flatMap((byte, index) =>
    code(['localGet', 0], ['i64', index], ['add64'], ['i32', byte], ['call', 1]),
  );
  const firstFolder = 3;
  const readOnly = 2;
  return assemble({
    imports: [
      kernel('alloc', ['i64'], ['i64']),
      kernel('store_u8', ['i64', 'i32']),
      kernel('output_set', ['i64', 'i64']),
      pathOpen,
    ],
    data: path,
    functions: [
      {
        exported: 'run',
        locals: ['i64'],
        body: [
          ...code(['block'], ['i32', firstFolder], ['i32', 0], ['i32', 0], ['i32', path.length], ['i32', 0]),
          ...code(['i64', readOnly], ['i64', 0], ['i32', 0], ['i32', result], ['call', 3], ['brIf', 0]),
          ...code(['i64', claim.length], ['call', 0], ['localSet', 0]),
          ...store,
          ...code(['localGet', 0], ['i64', claim.length], ['call', 2], ['end']),
        ],
      },
    ],
  });
}
