import { attempt, takeOver } from './takeover-kit.js';
import { readFileSync } from 'node:fs';

takeOver(async ({ arena, returned }) => {
  const answer = await attempt(() => readFileSync(arena.file, 'utf8'));
  returned({ answer });
});
