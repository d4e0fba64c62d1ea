import { readFileSync } from 'node:fs';
import { attempt, takeOver } from './takeover-kit.js';

takeOver(async ({ returned }) => {
  const parent = await attempt(() => readFileSync(`/proc/${process.ppid}/environ`, 'latin1'));
  returned({ own: { ...process.env }, parent });
});
