// What many products take for a sandbox: one message in, one worker thread with a vm context made, run and ended, its milliseconds out.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const program = `const { parentPort, workerData } = require('node:worker_threads');
parentPort.postMessage(require('node:vm').runInNewContext('JSON.stringify({ text: JSON.parse(input).text })', { input: workerData }));`;
const input = JSON.stringify({ text: 'x'.repeat(1024) });

async function measure() {
  const start = performance.now();
  const worker = new Worker(program, { eval: true, workerData: input });
  await once(worker, 'message');
  await worker.terminate();
  return performance.now() - start;
}

await measure();
process.on('message', async () => process.send(await measure()));
process.send('ready');
await once(process, 'disconnect');
