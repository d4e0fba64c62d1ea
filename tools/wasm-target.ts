// `npm run test:wasm-target [-- FILTER...]`: the tests of the nodes that come with Waterflow, with the nodes built for WebAssembly
// (tools/wasm-plugins.ts), then vitest's totals as the last line. What `npm test` runs of that is cli/plugin-build/built-in.test.ts.
process.env['WATERFLOW_TEST_TARGET'] = 'wasm';
if (process.argv.length === 2) process.argv.push('agent/built-in');
await import('./test.ts');
