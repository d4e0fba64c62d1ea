import { attempt, takeOver } from './takeover-kit.js';

takeOver(async ({ arena, returned }) => {
  const answer = await attempt(() => process.kill(arena.pid, 'SIGKILL'));
  returned({ answer });
});
