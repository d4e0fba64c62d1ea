import ivm from 'isolated-vm';
import { describe, expect, it } from 'vitest';
import { scriptOf } from './prelude-script.ts';

const run = (sources: Record<string, string>): unknown => {
  const isolate = new ivm.Isolate();
  try {
    const context = isolate.createContextSync();
    context.global.setSync('result', scriptOf(new Map(Object.entries(sources)), 'main.js'));
    return context.evalSync('eval(result)', { copy: true });
  } finally {
    isolate.dispose();
  }
};

describe('scriptOf', () => {
  it('gives what the main module exports, each module once, in a strict scope of its own', () => {
    const sources = {
      'main.js': "import { two } from './b.js';\nimport {  one, } from './a.js';\nexport const sum = one + two;",
      'a.js': 'let count = 0;\nconst private_ = 1;\nexport const one = private_;\nexport {};',
      'b.js': "import { one } from './a.js';\nconst private_ = one + 1;\nexport const two = private_;",
    };
    expect(run(sources)).toEqual({ sum: 3 });
    const strict = 'export const isStrict = (function () { return this === undefined; })();';
    expect(run({ 'main.js': strict })).toEqual({ isStrict: true });
  });

  it.each([
    ['a default export', 'export default 1;'],
    ['exports under other names', 'const a = 1;\nexport { a as b };'],
    ['a namespace', "import * as a from './a.js';"],
    ['a renamed import', "import { a as b } from './a.js';"],
    ['an import of another package', "import { a } from 'node:fs';"],
    ['an exported variable', 'export let a = 1;'],
  ])('refuses %s, which it would have to understand', (_what, source) => {
    expect(() => run({ 'main.js': source, 'a.js': 'export const a = 1;' })).toThrow(/main\.js|Unexpected|SyntaxError/);
  });

  it('refuses a module that is not there', () => {
    expect(() => run({ 'main.js': "import { a } from './a.js';" })).toThrow("a.js, which isn't there");
  });
});
