import { describe, expect, it } from 'vitest';
import type { NodeCatalogue } from '../api.ts';
import { compile } from '../index.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { step } from '../testing/mistakes.ts';

describe('plugins that are not pinned', () => {
  const catalogue = (origin: 'built-in' | 'installed' | 'local'): NodeCatalogue => ({
    ...testCatalogue,
    find: () => ({
      node: {
        uses: 'fetch@v1',
        description: 'Fetches.',
        runtime: 'wasm',
        origin,
        inputs: {},
        outputs: {},
        dynamic_outputs: false,
      },
    }),
  });
  const digest = `sha256:${'a'.repeat(64)}`;

  it.each([
    ['installed', 'fetch@v1', ['UNPINNED_PLUGIN 4:15']],
    ['installed', 'fetch@1.4.0', ['UNPINNED_PLUGIN 4:15']],
    ['installed', `fetch@${digest}`, []],
    ['built-in', 'fetch@v1', []],
    ['local', './fetch', []],
  ] as const)('%s as %s', (origin, uses, expected) => {
    const { diagnostics } = compile(step(`uses: ${uses}`), { file: 'test.yml', catalogue: catalogue(origin) });
    expect(diagnostics.map(({ code, line, column }) => `${code} ${line}:${column}`)).toEqual(expected);
  });
});
