import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunnableManifest } from '../../../runtime/manifest/index.ts';
import { assemble } from '../../../runtime/testing/wasm-builder.ts';
import { code, runModule } from '../../../runtime/testing/wasm-modules.ts';
import { finishedModule, withMemoryMaximum } from './module.ts';

const manifest: RunnableManifest = {
  name: 'p',
  version: '1.0.0',
  description: 'p',
  runtime: 'wasm',
  main: 'plugin.wasm',
};
const preamble = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
/** A module of nothing but a memory section with these limits, between two custom ones. */
const memoryModule = (...limits: readonly number[]) =>
  new Uint8Array([...preamble, 0, 2, 1, 0x78, 5, limits.length + 1, 1, ...limits, 0, 2, 1, 0x79]);

const refused = (message: string, remedy: string): object =>
  expect.objectContaining({
    error: expect.objectContaining({
      code: 'BUILD_FAILED',
      message: expect.stringContaining(message),
      remedy: expect.stringContaining(remedy),
    }),
  });

describe("a module's memory", () => {
  it('gets the maximum that it has none of', () => {
    expect(withMemoryMaximum(memoryModule(0, 2), 1024)).toEqual(memoryModule(1, 2, 0x80, 8));
  });

  it.each([
    ['keeps a smaller one', 3, 3],
    ['loses a larger one', 100, 64],
  ])('%s', (_, before, after) => {
    expect(withMemoryMaximum(memoryModule(1, 2, before), 64)).toEqual(memoryModule(1, 2, after));
  });

  it('that begins larger than it may be is refused', () => {
    expect(() => withMemoryMaximum(memoryModule(0, 9), 8)).toThrow(
      expect.objectContaining({ error: expect.objectContaining({ code: 'BUILD_FAILED' }) }),
    );
  });

  it('stays what it is in all else, whatever the numbers', async () => {
    const pages = fc.integer({ min: 0, max: 65_536 });
    await fc.assert(
      fc.asyncProperty(pages, pages, async (first, most) => {
        const module = assemble({ functions: [{ exported: 'run', body: [] }] });
        const bounded = withMemoryMaximum(module, Math.max(first, most, 16));
        expect(withMemoryMaximum(bounded, 65_536)).toEqual(bounded);
        expect(WebAssembly.Module.exports(await WebAssembly.compile(bounded))).toEqual(
          WebAssembly.Module.exports(await WebAssembly.compile(module)),
        );
      }),
      { numRuns: 30 },
    );
  });
});

describe('what a compiler made', () => {
  it('is taken where the agent would take it', async () => {
    const module = assemble({ functions: [{ exported: 'run', body: [] }] });
    await expect(WebAssembly.compile(await finishedModule(module, manifest))).resolves.toBeDefined();
  });

  it.each([
    [
      'imports what the ABI has not',
      runModule(code(['unreachable']), { imports: [{ module: 'env', name: 'abort' }] }),
      'abort',
      '--use abort=',
    ],
    [
      'has no entry',
      assemble({ functions: [{ exported: 'other', body: [] }] }),
      'exports no function run',
      'Export run',
    ],
    ['is no module', new Uint8Array([1, 2, 3]), 'is no module', 'compiler'],
  ])('is refused where it %s, with what to do', async (_, module, message, remedy) => {
    await expect(finishedModule(module, manifest)).rejects.toThrow(refused(message, remedy));
  });
});
