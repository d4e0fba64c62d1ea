import { describe, expect, it } from 'vitest';
import type { NodeCatalogue } from '../api.ts';
import { compile } from '../index.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { step } from '../testing/mistakes.ts';

describe('plugins that are not pinned', () => {
  const catalogue = (origin: 'built-in' | 'installed' | 'local', pinned?: true): NodeCatalogue => ({
    ...testCatalogue,
    find: () => ({
      ...(pinned === undefined ? {} : { pinned }),
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

  it('are not those that a lockfile pins', () => {
    const pinned = catalogue('installed', true);
    expect(compile(step('uses: fetch@1.4.0'), { file: 'test.yml', catalogue: pinned }).diagnostics).toEqual([]);
  });

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
