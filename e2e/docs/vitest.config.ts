import { fileURLToPath } from 'node:url';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** `npm run test:docs`: blocks of the pages that take more than `npm test` has time for. */
const timeoutMs = 1_800_000;

const config: ViteUserConfig = defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: { alias: { 'waterflow/plugin': new URL('../../runtime/guest/index.ts', import.meta.url).pathname } },
  test: {
    include: ['e2e/docs/*.long.ts'],
    globalSetup: ['tools/wasm-plugins.ts'],
    fileParallelism: false,
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
  },
});
export default config;
