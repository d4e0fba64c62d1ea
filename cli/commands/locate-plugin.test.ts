import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { locatePlugin } from './locate-plugin.ts';

const cwd = mkdtempSync(join(tmpdir(), 'waterflow-locate-'));
for (const name of ['mine', 'odd@1.0.0']) {
  mkdirSync(join(cwd, name));
  writeFileSync(join(cwd, name, 'plugin.yaml'), '');
}

it.each([
  ['mine', './mine', cwd],
  ['./mine', './mine', cwd],
  [join(cwd, 'mine'), './mine', cwd],
  ['mine/../mine/', './mine', cwd],
  ['./elsewhere/mine', './mine', join(cwd, 'elsewhere')],
  ['mine@v1', 'mine@v1', cwd],
  // As `uses:` reads it: such a folder is named by a path.
  ['odd@1.0.0', 'odd@1.0.0', cwd],
])('finds %s', (named, uses, folder) => {
  expect(locatePlugin(named, cwd)).toEqual({ uses, folder });
});

it('finds no name without a version that is no folder, and says how to name one', () => {
  expect(() => locatePlugin('http', cwd)).toThrow(
    expect.objectContaining({
      error: {
        code: 'PLUGIN_NOT_FOUND',
        message: 'there is no plugin.yaml in http',
        remedy: "Name a plugin's folder, or a node or an installed plugin with its version: http@v1.",
      },
    }),
  );
});
