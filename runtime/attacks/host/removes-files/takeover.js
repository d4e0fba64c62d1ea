import { rmSync } from 'node:fs';
import { attempt, takeOver } from './takeover-kit.js';

takeOver(async ({ arena, returned }) => {
  const answer = await attempt(() => rmSync(arena.target));
  returned({ answer });
});
