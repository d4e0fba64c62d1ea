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
      reportOnFailure: true,
      reporter: ['text-summary', 'json-summary'],
      thresholds: { lines: 85 },
      provider: 'v8',
      include: ['schemas/**', 'dsl/**', 'engine/**', 'storage/**', 'runtime/**', 'agent/**', 'cli/**'],
      // What runs inside sandbox hosts, and attacks, run where v8's coverage doesn't reach.
      exclude: [
        '**/*.test.ts',
        '**/testing/**',
        'schemas/generated/**',
        'runtime/sandbox-host/**',
        'runtime/guest/**',
        'runtime/attacks/**',
      ],
    },
  },
});
export default config;
