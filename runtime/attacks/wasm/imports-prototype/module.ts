import { code, runModule } from '../../../testing/wasm-modules.ts';

export default function build(): Uint8Array {
  return runModule(code(['call', 0]), { imports: [{ module: '__proto__', name: 'constructor' }] });
}
