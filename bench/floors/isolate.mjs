// A bare isolate, in a process with a sandbox host's V8 flags: one line in, one isolate made, run and disposed of, its
// milliseconds out.
import { once } from 'node:events';
import ivm from 'isolated-vm';

const text = 'x'.repeat(1024);

function measure() {
  const start = performance.now();
  const isolate = new ivm.Isolate({ memoryLimit: 64 });
  const context = isolate.createContextSync();
  context.evalClosureSync('return JSON.stringify({ text: JSON.parse($0).text })', [JSON.stringify({ text })]);
  isolate.dispose();
  return performance.now() - start;
}

measure();
process.on('message', () => process.send(measure()));
process.send('ready');
await once(process, 'disconnect');
