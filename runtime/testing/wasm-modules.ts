import { assemble, op } from './wasm-builder.ts';

type Operation = keyof typeof op;

/** Instructions in a row: `['i32', 5], ['drop']`. */
export function code(...instructions: readonly (readonly [Operation, ...number[]])[]): readonly number[] {
  return instructions.flatMap(([operation, ...operands]) => op[operation]?.(...operands) ?? []);
}

/** The kernel functions that {@link frameModule} imports, in the order of their numbers. */
const frameImports = [
  { module: 'extism:host/env', name: 'alloc', parameters: ['i64'], results: ['i64'] },
  { module: 'extism:host/env', name: 'store_u8', parameters: ['i64', 'i32'] },
  { module: 'extism:host/env', name: 'length', parameters: ['i64'], results: ['i64'] },
  { module: 'extism:host/env', name: 'output_set', parameters: ['i64', 'i64'] },
  { module: 'extism:host/user', name: 'host_call', parameters: ['i64'], results: ['i64'] },
] as const;
const [alloc, storeByte, length, outputSet, hostCall] = [0, 1, 2, 3, 4];

/** Leaves a block with the bytes from `from` to `to` of memory in local 0. Uses local 1, and the imports 0 (alloc) and 1 (store_u8). */
export function blockOf(from: number, to: number): readonly number[] {
  return code(
    ['i64', to - from],
    ['call', alloc],
    ['localSet', 0],
    ['i32', 0],
    ['localSet', 1],
    ['loop'],
    ['localGet', 0],
    ['localGet', 1],
    ['extend32'],
    ['add64'],
    ['localGet', 1],
    ['i32', from],
    ['add32'],
    ['load8'],
    ['call', storeByte],
    ['localGet', 1],
    ['i32', 1],
    ['add32'],
    ['localTee', 1],
    ['i32', to - from],
    ['ltUnsigned32'],
    ['brIf', 0],
    ['end'],
  );
}

const outputLocal0 = code(['localGet', 0], ['localGet', 0], ['call', length], ['call', outputSet]);

/** A module whose `run` sends each frame by host_call and outputs the answer to the last one. */
export function frameModule(frames: readonly string[]): Uint8Array {
  let offset = 0;
  const calls = frames.flatMap((frame) => {
    const from = offset;
    offset += Buffer.byteLength(frame);
    return [...blockOf(from, offset), ...code(['localGet', 0], ['call', hostCall], ['localSet', 0])];
  });
  return assemble({
    imports: frameImports,
    memories: [{ pages: 4 }],
    data: frames.join(''),
    functions: [{ exported: 'run', locals: ['i64', 'i32'], body: [...calls, ...outputLocal0] }],
  });
}

/** A module that outputs a text of its own. */
export function outputModule(text: string): Uint8Array {
  return assemble({
    imports: frameImports,
    memories: [{ pages: 4 }],
    data: text,
    functions: [
      { exported: 'run', locals: ['i64', 'i32'], body: [...blockOf(0, Buffer.byteLength(text)), ...outputLocal0] },
    ],
  });
}

/** A module that outputs its whole input block, however long the host made it. */
export const echoModule: Uint8Array = assemble({
  imports: [...frameImports, { module: 'extism:host/env', name: 'input_offset', results: ['i64'] }],
  functions: [{ exported: 'run', locals: ['i64'], body: [...code(['call', 5], ['localSet', 0]), ...outputLocal0] }],
});

/** A module whose `run` has this body. */
export function runModule(body: readonly number[], options: Parameters<typeof assemble>[0] = {}): Uint8Array {
  return assemble({ ...options, functions: [{ exported: 'run', body }] });
}
