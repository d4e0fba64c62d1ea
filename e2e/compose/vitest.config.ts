import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** `npm run test:compose`: makes a release and its images, and brings the site of deploy/compose up with them, for a quarter of an hour. */
const timeoutMs = 1_800_000;

const config: ViteUserConfig = defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['e2e/compose/*.long.ts'],
    fileParallelism: false,
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    expect: { poll: { timeout: 180_000 } },
  },
});
export default config;
