import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readPluginManifest, readShelf } from './shelf.ts';
import { manifestText, testFolder } from './testing/folder.ts';

it('reads no plugin.yaml that is a link, which would be a file of anywhere', () => {
  const folder = testFolder({ 'tool/index.ts': '' });
  writeFileSync(join(folder, 'elsewhere.yaml'), manifestText(''));
  symlinkSync('../elsewhere.yaml', join(folder, 'tool/plugin.yaml'));
  const tool = testFolder({ 'plugin.yaml': manifestText('') });
  expect(readPluginManifest(tool)).toHaveProperty('manifest');
  const { plugins, broken } = readShelf(folder);
  expect(plugins).toEqual([]);
  expect(broken).toMatchObject([
    { errors: [{ code: 'PLUGIN_INVALID', message: expect.stringContaining('it is a symbolic link') }] },
  ]);
});
