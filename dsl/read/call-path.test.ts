import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callPath, folderOf, pluginPath } from './call-path.ts';

describe('callPath', () => {
  it.each([
    ['./b.yml', '', 'b.yml'],
    ['./ci/b.yaml', '', 'ci/b.yaml'],
    ['./b.yml', 'ci', 'ci/b.yml'],
    ['./../b.yml', 'ci', 'b.yml'],
    ['../b.yml', 'ci/deep', 'ci/b.yml'],
    ['.//a/./b.yml', '', 'a/b.yml'],
  ])('takes %s in %s', (uses, folder, path) => {
    expect(callPath(uses, folder)).toEqual({ path });
  });

  it('never leads out of the folder, whatever is written', () => {
    const part = constantFrom('.', '..', 'a', 'b', '', '...', '..a', '\\', '~', '%2e%2e');
    assert(
      property(array(part, { maxLength: 8 }), array(constantFrom('a', 'b'), { maxLength: 3 }), (parts, folder) => {
        const read = callPath(`./${parts.join('/')}/c.yml`, folder.join('/'));
        return 'problem' in read || !read.path.split('/').includes('..');
      }),
    );
  });
});

describe('pluginPath', () => {
  it('names a plugin from the folder of the root workflow', () => {
    expect(pluginPath('./mine', '')).toBe('./mine');
    expect(pluginPath('./mine', folderOf('ci/b.yml'))).toBe('./ci/mine');
    expect(pluginPath('../mine', 'ci')).toBe('./mine');
    expect(pluginPath('../../mine', 'ci')).toBe('../mine');
    expect(pluginPath('http@v1', 'ci')).toBe('http@v1');
  });
});
