import { code, runModule } from '../../../testing/wasm-modules.ts';

export default function build(): Uint8Array {
  const alloc = { module: 'extism:host/env', name: 'alloc', parameters: ['i64'], results: ['i64'] } as const;
  return runModule(code(['loop'], ['i64', 1 << 20], ['call', 0], ['drop'], ['br', 0], ['end']), { imports: [alloc] });
}
