/**
 * A server in a process of its own, over a run with a log of so many MiB: says its address and the run's id on stdout, and goes on until
 * its stdin is closed; at SIGUSR2, how many bytes are left of its heap without garbage. For tests that measure the server's memory.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { JobKey, StepKey } from '../schemas/index.ts';
import { parseRunId } from '../schemas/index.ts';
import { eventsRoutes } from '../server/routes/events.ts';
import { logsRoutes } from '../server/routes/logs.ts';
import { createFolderStore } from '../storage/index.ts';
import { startServerWithEngine } from './server-with-engine.ts';

const [state = '', mebibytes = '1'] = process.argv.slice(2);
const workflow = `name: long
on: manual
jobs:
  build:
    runs-on: local
    steps:
      - uses: sleep@v1
        with: { duration: 1ms }
`;

await using server = await startServerWithEngine({
  state,
  routes: (parts) => [...logsRoutes(parts), ...eventsRoutes(parts)],
});
const run = await server.submit(workflow);
await server.reach(run);
writeLog(run, Number(mebibytes));
setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
process.on('SIGUSR2', () => {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  process.stdout.write(`${heapUsed + external}\n`);
});
process.stdout.write(`${JSON.stringify({ url: server.url, run, pid: process.pid })}\n`);
for await (const _ of process.stdin);

function writeLog(run: string, size: number): void {
  const id = parseRunId(run);
  if (id === undefined) throw new TypeError(`not the id of a run: ${run}`);
  using store = createFolderStore({ root: join(state, 'runs') }).open(id);
  // Lines of about 100 bytes, in segments that cut them anywhere; a step's attempt keeps 64 MiB.
  const segment = 32 * 1024;
  const text = Array.from({ length: 1024 }, () => `${randomBytes(48).toString('hex')}\n`).join('');
  const segments = (size * 1024 * 1024) / segment;
  for (let index = 0; index < segments; index += 1) {
    const start = (index * 7919) % (text.length - segment);
    const attempt = Math.floor((index * segment) / (60 * 1024 * 1024)) + 1;
    const place = { job: 'build' as JobKey, step: 'long' as StepKey, job_attempt: 1, attempt }; // Any text may be a key.
    store.appendLog({
      ...place,
      sequence: index + 1,
      at: Date.now(),
      stream: 'stdout',
      text: text.slice(start, start + segment),
    });
  }
}
