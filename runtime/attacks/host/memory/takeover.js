import { takeOver } from './takeover-kit.js';

takeOver(async ({ returned }) => {
  const kept = [];
  for (;;) {
    kept.push(Buffer.alloc(1 << 20, 1));
    if (kept.length % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
    if (kept.length > 600) break;
  }
  returned({ breach: `${kept.length} MiB` });
});
