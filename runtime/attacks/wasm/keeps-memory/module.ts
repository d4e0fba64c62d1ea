import { code, runModule } from '../../../testing/wasm-modules.ts';

export default function build(): Uint8Array {
  const trapIfStored = code(['block'], ['i32', 0], ['load8'], ['eqz32'], ['brIf', 0], ['unreachable'], ['end']);
  return runModule([...trapIfStored, ...code(['i32', 0], ['i32', 1], ['store32'])]);
}
