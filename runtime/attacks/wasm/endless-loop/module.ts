import { code, runModule } from '../../../testing/wasm-modules.ts';

export default function build(): Uint8Array {
  return runModule(code(['loop'], ['br', 0], ['end']));
}
