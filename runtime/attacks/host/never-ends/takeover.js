import { attempt, takeOver } from './takeover-kit.js';

takeOver(async ({ arena, returned }) => {
  await attempt(() => arena.marker + typeof returned);
  for (;;) await new Promise((resolve) => setTimeout(resolve, 1000));
});
