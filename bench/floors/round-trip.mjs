// Bare round trips over a socket pair, blocking on this side as a sandbox host's are: one message in, a thousand round trips of
// 64 bytes over descriptor 4, the milliseconds of one out.
import { once } from 'node:events';
import { readSync, writeSync } from 'node:fs';

const descriptor = 4;
const roundTrips = 1000;
const frame = Buffer.alloc(64, 120);
const answer = Buffer.alloc(64);

function measure() {
  const start = performance.now();
  for (let each = 0; each < roundTrips; each += 1) {
    writeSync(descriptor, frame);
    for (let bytes = 0; bytes < answer.length; )
      bytes += readSync(descriptor, answer, bytes, answer.length - bytes, null);
  }
  return (performance.now() - start) / roundTrips;
}

measure();
process.on('message', () => process.send(measure()));
process.send('ready');
await once(process, 'disconnect');
