import { assemble } from '../../../testing/wasm-builder.ts';
import { code } from '../../../testing/wasm-modules.ts';

export default function build(): Uint8Array {
  const functions = [{ body: code(['loop'], ['br', 0], ['end']) }, { exported: 'run', body: [] }];
  return assemble({ functions, start: 0 });
}
