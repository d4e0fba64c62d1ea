import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  resolve: { alias: { 'waterflow/plugin': new URL('./runtime/guest/index.ts', import.meta.url).pathname } },
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**'],
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['schemas/**', 'dsl/**', 'engine/**', 'storage/**', 'runtime/**', 'agent/**', 'cli/**'],
      exclude: ['**/*.test.ts', 'schemas/generated/**'],
    },
  },
});
export default config;
