// Extism's own worker mode: one message in, one plugin made in a worker thread, called and closed, its milliseconds out.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createPlugin } from '@extism/extism';

const wasm = [{ data: new Uint8Array(readFileSync(process.argv[2])) }];
const input = JSON.stringify({ text: 'x'.repeat(1024), calls: 0 });
const functions = { 'extism:host/user': { host_call: (context) => context.store('{"ok":null}') } };

async function measure() {
  const start = performance.now();
  const plugin = await createPlugin({ wasm }, { functions, runInWorker: true });
  await plugin.call('run', input);
  await plugin.close();
  return performance.now() - start;
}

await measure();
process.on('message', async () => process.send(await measure()));
process.send('ready');
await once(process, 'disconnect');
