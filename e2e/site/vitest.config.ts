import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** `npm run test:site`: makes two bundles, and installs, upgrades and removes a site from them, for a quarter of an hour. */
const timeoutMs = 1_800_000;

const config: ViteUserConfig = defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['e2e/site/*.long.ts'],
    globalSetup: ['e2e/site/bundles.ts'],
    fileParallelism: false,
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    expect: { poll: { timeout: 60_000 } },
  },
});
export default config;
