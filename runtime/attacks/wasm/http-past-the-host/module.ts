import { code, runModule } from '../../../testing/wasm-modules.ts';

export default function build(): Uint8Array {
  const http = {
    module: 'extism:host/env',
    name: 'http_request',
    parameters: ['i64', 'i64'],
    results: ['i64'],
  } as const;
  return runModule(code(['i64', 0], ['i64', 0], ['call', 0], ['drop']), { imports: [http] });
}
