import { spawn } from 'node:child_process';
import { connect, Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as timer } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { AbsolutePath } from '../../../../schemas/index.ts';
import { killGraces } from '../powers.ts';
import { type InsideSetup, listenInside } from './inside.ts';

// Absolute as written.
const nsenter = '/usr/bin/nsenter' as AbsolutePath;
const setup: InsideSetup = {
  nsenter: { path: nsenter, file: nsenter },
  powers: {
    spawn,
    kill: (pid, signal) => void process.kill(pid, signal),
    pause: (ms) => timer(ms),
    graces: killGraces,
  },
  uid: 0,
};

// This process's own namespace: entering it takes root, and listening there can be looked at from here.
test.skipIf(process.getuid?.() !== 0)('says for each place what became of it, in their order', async () => {
  const [first, taken, second] = await listenInside(
    process.pid,
    [
      { address: '127.1.0.250', port: 18_471 },
      { address: '127.1.0.250', port: 18_471 },
      { address: '127.1.0.251', port: 18_471 },
    ],
    setup,
  );
  expect(taken).toBe('EADDRINUSE');
  const servers = [first, second].filter((answer) => answer instanceof Server);
  expect(servers).toHaveLength(2);
  servers[1]?.on('connection', (socket) => socket.end('second'));
  expect(await text(connect({ host: '127.1.0.251', port: 18_471 }))).toBe('second');
  for (const server of servers) server.close();
});

test('fails where the process is gone', async () => {
  // Above every number that the kernel gives out (PID_MAX_LIMIT).
  const listening = listenInside(4_194_305, [{ address: '127.1.0.250', port: 18_472 }], setup);
  await expect(listening).rejects.toMatchObject({ code: 'FAILED', message: expect.stringContaining('exit code') });
});
