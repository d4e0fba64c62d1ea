import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** `npm run test:console`: what takes too long for `npm test`. A test has ten minutes. */
const timeoutMs = 600_000;
const patienceMs = 45_000;

const config: ViteUserConfig = defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['e2e/console/*.long.ts'],
    fileParallelism: false,
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    // A machine that does much else shows things later.
    expect: { poll: { timeout: patienceMs } },
  },
});
export default config;
