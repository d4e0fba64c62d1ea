import { attempt, takeOver } from './takeover-kit.js';
import { writeFileSync } from 'node:fs';

takeOver(async ({ arena, returned }) => {
  const answer = await attempt(() => writeFileSync(arena.target, ''));
  returned({ answer });
});
