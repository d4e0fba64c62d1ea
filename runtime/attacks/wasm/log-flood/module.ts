import { code, runModule } from '../../../testing/wasm-modules.ts';

export default function build(): Uint8Array {
  const imports = [
    { module: 'extism:host/env', name: 'alloc', parameters: ['i64'], results: ['i64'] },
    { module: 'extism:host/env', name: 'log_info', parameters: ['i64'] },
  ] as const;
  const fill = code(['i64', 1 << 16], ['call', 0]);
  return runModule(
    [...fill, ...code(['call', 1], ['loop'], ['i64', 1 << 16], ['call', 0], ['call', 1], ['br', 0], ['end'])],
    { imports },
  );
}
