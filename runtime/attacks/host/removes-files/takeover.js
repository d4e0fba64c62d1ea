import { attempt, takeOver } from './takeover-kit.js';
import { rmSync } from 'node:fs';

takeOver(async ({ arena, returned }) => {
  const answer = await attempt(() => rmSync(arena.target));
  returned({ answer });
});
