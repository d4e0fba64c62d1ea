import { readFileSync } from 'node:fs';
import { attempt, takeOver } from './takeover-kit.js';

takeOver(async ({ arena, returned }) => {
  const answer = await attempt(() => readFileSync(arena.file, 'utf8'));
  returned({ answer });
});
