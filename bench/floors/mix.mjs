// The engines alone, all in this one process: one message in, a number of invocations made, half of them of bare isolates and
// half of bare Extism plugins, the milliseconds of all out. With V8's own defaults, as somebody would embed them.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createPlugin } from '@extism/extism';
import ivm from 'isolated-vm';

const [module, count] = process.argv.slice(2);
const compiled = await WebAssembly.compile(new Uint8Array(readFileSync(module)));
const input = JSON.stringify({ text: 'x'.repeat(1024), calls: 1 });
const functions = { 'extism:host/user': { host_call: (context) => context.store('{"ok":null}') } };
const source = `const { text, calls } = JSON.parse($0);
for (let call = 0; call < calls; call += 1) $1.applySync(undefined, ['{"path":"data.txt"}']);
return JSON.stringify({ text });`;

function isolate() {
  const isolate = new ivm.Isolate({ memoryLimit: 64 });
  const context = isolate.createContextSync();
  context.evalClosureSync(source, [input, new ivm.Reference(() => '{"ok":null}')]);
  isolate.dispose();
}

async function extism() {
  const plugin = await createPlugin({ wasm: [{ module: compiled }] }, { functions });
  await plugin.call('run', input);
  await plugin.close();
}

async function measure() {
  const start = performance.now();
  const all = Array.from({ length: Number(count) }, async (_, index) => (index % 2 === 0 ? isolate() : extism()));
  await Promise.all(all);
  return performance.now() - start;
}

await measure();
process.on('message', async () => process.send(await measure()));
process.send('ready');
await once(process, 'disconnect');
