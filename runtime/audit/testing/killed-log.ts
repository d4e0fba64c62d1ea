/**
 * A process that writes an audit log and kills itself at the point that its argument numbers: before each thing that it does to
 * the log's files, and in the middle of each line. Prints the sequence of each call that it was told was recorded.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname } from 'node:path';
import type { AbsolutePath } from '../../../schemas/index.ts';

const [file = '', checkpoints = '', point = '0'] = process.argv.slice(2);
const write = fs.writeSync;
/** Points passed so far; none before the log is opened. */
let passed = Number.NaN;

/** Nothing is flushed, nobody is told: as kill -9 from outside. */
function maybeDie(): void {
  passed += 1;
  if (passed === Number(point)) process.kill(process.pid, 'SIGKILL');
}

const operations = [
  'openSync',
  'closeSync',
  'ftruncateSync',
  'fdatasyncSync',
  'fsyncSync',
  'renameSync',
  'rmSync',
  'fdatasync',
  'fsync',
  'rename',
] as const;
for (const name of operations) {
  const original = fs[name];
  const patched = (...args: readonly unknown[]): unknown => {
    maybeDie();
    // The arguments are passed on as they came.
    return Reflect.apply(original, fs, args);
  };
  Object.assign(fs, { [name]: patched });
}
Object.assign(fs, {
  writeSync: (fd: number, bytes: Buffer | string, ...rest: readonly unknown[]): number => {
    maybeDie();
    if (passed + 1 === Number(point)) {
      const half = Buffer.from(bytes).subarray(0, Buffer.byteLength(bytes) / 2);
      const [, , position] = rest;
      write(fd, half, 0, half.length, typeof position === 'number' ? position : null);
    }
    maybeDie();
    return Reflect.apply(write, fs, [fd, bytes, ...rest]);
  },
});
syncBuiltinESMExports();

const { loadAgentKey } = await import('../key.ts');
const { openAuditLog } = await import('../log.ts');
const { sampleCall, sampleStart } = await import('./samples.ts');

// The test gives an absolute path.
const key = loadAgentKey(dirname(dirname(file)) as AbsolutePath);
passed = 0;
const log = openAuditLog({
  file: file as AbsolutePath,
  run: 'run-1',
  key,
  redact: (value) => value,
  clock: { now: () => sampleStart.at },
  checkpoints,
  limits: { segmentBytes: 2000 },
});
const invocation = log.started(sampleStart);
for (let number = 0; number < 4; number += 1) {
  const call = log.record({ ...sampleCall, invocation });
  write(1, `${call}\n`);
  log.result({ at: sampleStart.at, call, result: 'ok', duration_ms: 1, bytes: 2 });
  // Heads are left between calls.
  await new Promise(setImmediate);
}
log.ended({
  at: sampleStart.at,
  invocation,
  outcome: 'returned',
  duration_ms: 1,
  calls: { allowed: 4, denied: 0 },
  secrets: [],
});
await log[Symbol.asyncDispose]();
write(1, 'whole\n');
