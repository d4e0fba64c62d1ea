import { readFileSync } from 'node:fs';
import { attempt, takeOver } from './takeover-kit.js';

takeOver(async ({ arena, returned }) => {
  const roads = [
    `/proc/self/root${arena.file}`,
    `/proc/${process.pid}/root${arena.file}`,
    `/proc/thread-self/root${arena.file}`,
  ];
  const answers = [];
  for (const road of roads) answers.push(await attempt(() => readFileSync(road, 'utf8')));
  returned({ answers });
});
