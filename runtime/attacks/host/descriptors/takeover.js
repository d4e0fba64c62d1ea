import { fstatSync } from 'node:fs';
import { takeOver } from './takeover-kit.js';

takeOver(async ({ returned }) => {
  const breach = [];
  for (let descriptor = 5; descriptor < 64; descriptor += 1) {
    try {
      const stats = fstatSync(descriptor);
      if (stats.isFile() || stats.isDirectory()) breach.push(descriptor);
    } catch {}
  }
  returned({ breach });
});
