import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** `npm run test:release`: makes releases, which takes minutes. */
const timeoutMs = 1_800_000;

const config: ViteUserConfig = defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['e2e/release/*.long.ts'],
    globalSetup: ['e2e/release/releases.ts'],
    fileParallelism: false,
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    expect: { poll: { timeout: 60_000 } },
  },
});
export default config;
