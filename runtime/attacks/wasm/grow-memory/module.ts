import { code, runModule } from '../../../testing/wasm-modules.ts';

const pages = 6000;

export default function build(): Uint8Array {
  return runModule(
    code(
      ['i32', pages],
      ['memoryGrow'],
      ['drop'],
      ['loop'],
      ['i32', 0],
      ['i32', 1],
      ['i32', pages * 65_536],
      ['memoryFill'],
      ['br', 0],
      ['end'],
    ),
  );
}
