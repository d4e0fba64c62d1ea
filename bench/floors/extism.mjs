// A bare Extism plugin from a compiled module: one message in, one instance made and called, its milliseconds out. The module
// is a file, the size of the text an argument; its one import answers `{"ok":null}` at once.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createPlugin } from '@extism/extism';

const compiled = await WebAssembly.compile(new Uint8Array(readFileSync(process.argv[2])));
const input = JSON.stringify({ text: 'x'.repeat(Number(process.argv[3] ?? 1024)), calls: 0 });
const functions = { 'extism:host/user': { host_call: (context) => context.store('{"ok":null}') } };

async function measure() {
  const start = performance.now();
  const plugin = await createPlugin({ wasm: [{ module: compiled }] }, { functions });
  await plugin.call('run', input);
  return performance.now() - start;
}

await measure();
process.on('message', async () => process.send(await measure()));
process.send('ready');
await once(process, 'disconnect');
