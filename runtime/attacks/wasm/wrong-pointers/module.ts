import { code, runModule } from '../../../testing/wasm-modules.ts';

const imports = [{ module: 'extism:host/user', name: 'host_call', parameters: ['i64'], results: ['i64'] }] as const;
const addresses = [0, 1, 7, 65_536, 2 ** 31 - 1, -1, -(2 ** 31)];

export default function build(): Uint8Array {
  return runModule(
    addresses.flatMap((address) => code(['i64', address], ['call', 0], ['drop'])),
    { imports },
  );
}
