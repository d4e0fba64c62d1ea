import { runModule } from '../../../testing/wasm-modules.ts';

export default function build(): Uint8Array {
  return runModule([], { memories: [{ pages: 30_000 }] });
}
