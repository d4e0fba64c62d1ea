import { spawn } from 'node:child_process';
import { attempt, takeOver } from './takeover-kit.js';

takeOver(async ({ arena, returned }) => {
  const child = await attempt(() => {
    const started = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 6000)', arena.marker], {
      detached: true,
      stdio: 'ignore',
    });
    started.on('error', () => {});
    started.unref();
    return started.pid;
  });
  returned({ child: child.refused ?? 'started' });
});
