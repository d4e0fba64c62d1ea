import { assemble } from '../../../testing/wasm-builder.ts';
import { code } from '../../../testing/wasm-modules.ts';

export default function build(): Uint8Array {
  return assemble({ functions: [{ exported: 'run', body: code(['call', 0]) }] });
}
