import { attempt, takeOver } from './takeover-kit.js';
import { readFileSync } from 'node:fs';

takeOver(async ({ returned }) => {
  const parent = await attempt(() => readFileSync(`/proc/${process.ppid}/environ`, 'latin1'));
  returned({ own: { ...process.env }, parent });
});
