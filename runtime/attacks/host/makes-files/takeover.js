import { writeFileSync } from 'node:fs';
import { attempt, takeOver } from './takeover-kit.js';

takeOver(async ({ arena, returned }) => {
  const answer = await attempt(() => writeFileSync(`${arena.outside}/left-behind`, ''));
  returned({ answer });
});
