import { op } from '../../../testing/wasm-builder.ts';
import { code, runModule } from '../../../testing/wasm-modules.ts';

const pages = 512;
const memories = Array.from({ length: 60 }, () => ({ pages }));

export default function build(): Uint8Array {
  const fillAll = memories.flatMap((_, memory) => [
    ...code(['i32', 0], ['i32', 1], ['i32', pages * 65_536]),
    ...(op['memoryFill']?.(memory) ?? []),
  ]);
  return runModule(fillAll, { memories });
}
