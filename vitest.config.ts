import { availableParallelism } from 'node:os';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { LongestFirst } from './tools/longest-first.ts';

/** A test has this long, in ms: two that take twenty seconds alone may go on beside each other on a machine that is busy. */
const timeoutMs = 120_000;

const { WATERFLOW_CLIENTS: clients, WATERFLOW_REQUIRE: required = '' } = process.env;
/** These take long, or need what takes long to build: `npm run test:clients` and `npm run test:vault` run them. */
const apart = [
  ...(clients === 'whole'
    ? []
    : ['clients/python/package.test.ts', 'clients/recipes.test.ts', 'clients/typescript/platforms.test.ts']),
  ...(required.split(',').includes('vault') ? [] : ['e2e/vault.test.ts']),
];

const config: ViteUserConfig = defineConfig({
  resolve: { alias: { 'waterflow/plugin': new URL('./runtime/guest/index.ts', import.meta.url).pathname } },
  test: {
    include: ['**/*.test.ts'],
    exclude: ['node_modules/**', 'dist/**', ...apart],
    globalSetup: ['tools/wasm-plugins.ts'],
    pool: 'forks',
    // As bin/waterflow has it, which says why.
    execArgv: ['--wasm-wrapper-tiering-budget=2000000000'],
    // Vitest would leave one processor alone; the suites that take longest wait for timers and processes of their own.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongestFirst },
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    // What is waited for comes late on a busy machine; a test that wants it sooner says so.
    expect: { poll: { timeout: timeoutMs / 2 } },
    coverage: {
      reportOnFailure: true,
      reporter: ['text-summary', 'json-summary'],
      thresholds: { lines: 85 },
      provider: 'v8',
      include: ['{schemas,dsl,engine,storage,runtime,agent,cli}/**/*.ts'],
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
