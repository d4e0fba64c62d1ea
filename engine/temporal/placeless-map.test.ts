import { describe, expect, it } from 'vitest';
import { withPlacelessMap } from './placeless-map.ts';

const mark = '//# sourceMappingURL=data:application/json;charset=utf-8;base64,';

function scriptMadeIn(folder: string, name: string): string {
  const map = {
    version: 3,
    file: name,
    sources: ['waterflow:///engine/a.ts', `waterflow:///${folder}/../src/ast.ts`],
    sourcesContent: [`require("${folder}/engine/a.ts")`, null],
    mappings: 'AAAA',
  };
  return `code();\n${mark}${Buffer.from(JSON.stringify(map)).toString('base64')}`;
}

describe('the source map of the workflows', () => {
  it('is the same wherever the script was made', () => {
    const one = withPlacelessMap(scriptMadeIn('/home/somebody/flow', 'bundle-1.js'), '/home/somebody/flow');
    const other = withPlacelessMap(scriptMadeIn('/build', 'bundle-2.js'), '/build');
    expect(one).toBe(other);
    const [code = '', map = ''] = one.split(mark);
    expect(code).toBe('code();\n');
    expect(JSON.parse(Buffer.from(map, 'base64').toString())).toEqual({
      version: 3,
      file: 'workflow-bundle.js',
      sources: ['waterflow:///engine/a.ts', 'waterflow:///../src/ast.ts'],
      sourcesContent: ['require("engine/a.ts")', null],
      mappings: 'AAAA',
    });
  });

  it('is left out of a script that has none', () => {
    expect(withPlacelessMap('code();\n', '/build')).toBe('code();\n');
  });
});
