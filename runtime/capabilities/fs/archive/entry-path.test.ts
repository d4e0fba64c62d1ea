import { join, normalize } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entryPlace, linkProblem } from './entry-path.ts';

describe('the name of an entry', () => {
  it.each([
    ['a/b', 0, ['a', 'b']],
    ['./a//b/', 0, ['a', 'b']],
    ['top/a/b', 1, ['a', 'b']],
  ] as const)('%s without its first %i is %j', (name, strip, names) => {
    expect(entryPlace(name, strip)).toEqual({ kind: 'place', names });
  });

  it.each(['./', '.', 'top', 'top/'])('passes over %j where one name is stripped', (name) => {
    expect(entryPlace(name, 1)).toEqual({ kind: 'skipped' });
  });

  it.each(['/etc/passwd', '../x', 'a/../../x', 'a/..', '', 'a\0b', 'a\uFFFD', 'x/'.repeat(129)])(
    'refuses %j, stripped or not',
    (name) => {
      expect(entryPlace(name, 0).kind).toBe('refused');
      expect(entryPlace(name, 2).kind).toBe('refused');
    },
  );
});

/** Where a chain of links really ends, as the kernel finds it; undefined once it leaves the root. */
function follow(links: ReadonlyMap<string, string>, path: string): string | undefined {
  let steps = path.split('/');
  const at: string[] = [];
  for (let hops = 0; steps.length > 0; ) {
    const [step = '', ...rest] = steps;
    steps = rest;
    if (step === '' || step === '.') continue;
    if (step === '..') {
      if (at.pop() === undefined) return undefined;
      continue;
    }
    const target = links.get([...at, step].join('/'));
    if (target === undefined) at.push(step);
    else {
      hops += 1;
      if (hops > 40) break;
      steps = [...target.split('/'), ...steps];
    }
  }
  return `/${at.join('/')}`;
}

describe('a link', () => {
  it.each([
    ['lib/libx.so', 'libx.so.1'],
    ['a/b/c', '../../d/e'],
    ['a', './b/./c'],
    ['a', '.'],
  ])('%s may lead to %s', (path, target) => {
    expect(linkProblem(path.split('/'), target)).toBeUndefined();
  });

  it.each([
    ['a', '/etc/passwd'],
    ['a', '..'],
    ['a/b', '../../x'],
    ['a', 'b/..'],
    ['a', 'b/../../x'],
    ['a', ''],
    ['a', 'x\0y'],
    ['a', 'x'.repeat(5000)],
  ])('%s may not lead to %j', (path, target) => {
    expect(linkProblem(path.split('/'), target)).toBeTypeOf('string');
  });

  it('stays inside, and so does every chain of links that are let through', () => {
    const step = fc.constantFrom('a', 'b', 'c', '..', '.');
    const target = fc.array(step, { minLength: 1, maxLength: 5 }).map((steps) => steps.join('/'));
    // Folders are x and y, links are names in them, so that no link's own folder is a link.
    const place = fc
      .tuple(fc.constantFrom('', 'x/', 'x/y/'), fc.constantFrom('a', 'b', 'c'))
      .map((parts) => parts.join(''));
    const kept = (links: readonly (readonly [string, string])[]): ReadonlyMap<string, string> =>
      new Map(links.filter(([path, to]) => linkProblem(path.split('/'), to) === undefined));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(place, target), { maxLength: 8 }),
        fc.array(place, { maxLength: 4 }),
        (links, asked) => {
          const all = kept(links);
          for (const path of [...all.keys(), ...asked.map((each) => `${each}/a/b`)]) {
            expect(follow(all, path), `${path} in ${JSON.stringify([...all])}`).toBeDefined();
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('lets through whatever stays inside by its text alone', () => {
    fc.assert(
      fc.property(fc.nat(4), fc.nat(6), fc.array(fc.constantFrom('a', 'b'), { maxLength: 3 }), (depth, ups, names) => {
        const path = [...Array.from({ length: depth }, () => 'd'), 'link'];
        const target = [...Array.from({ length: ups }, () => '..'), ...names].join('/') || '.';
        const inside = !normalize(join(...path.slice(0, -1), target)).startsWith('..');
        expect(linkProblem(path, target) === undefined).toBe(inside);
      }),
    );
  });
});
