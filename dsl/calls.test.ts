import { array, assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostCalled, mostLevels } from './calls.ts';
import { compile } from './compile.ts';
import { testCatalogue } from './testing/catalogue.ts';
import { calling, compileFiles } from './testing/workflows.ts';

/** A workflow that can be called, and calls others itself. */
function link(...paths: readonly string[]): string {
  const jobs = paths.map((path, index) => `  j${index}: { uses: ${path} }\n`);
  return `on: workflow_call\njobs:\n${jobs.join('') || '  a: { steps: [{ run: make }] }\n'}`;
}

function codes(files: Readonly<Record<string, string>>): readonly string[] {
  return compileFiles(files).result.diagnostics.map(({ file, code }) => `${file} ${code}`);
}

describe('workflows that call each other', () => {
  it('are read once each, however often they are called', () => {
    const { result, read } = compileFiles({
      'w.yml': link('./a.yml', './b.yml', './a.yml', './sub/../b.yml'),
      'a.yml': link('./b.yml'),
      'b.yml': link('./c/d.yml'),
      'c/d.yml': link('./e.yml', './../f.yml'),
      'c/e.yml': link(),
      'f.yml': link(),
    });
    expect(result.diagnostics).toEqual([]);
    expect(read).toEqual(['a.yml', 'b.yml', 'c/d.yml', 'c/e.yml', 'f.yml']);
    expect(Object.keys(result.plan?.workflows ?? {}).toSorted()).toEqual([
      'a.yml',
      'b.yml',
      'c/d.yml',
      'c/e.yml',
      'f.yml',
    ]);
    expect(result.plan?.workflows?.['a.yml']?.workflows).toBeUndefined();
  });

  it('in a circle are an error that names the whole circle', () => {
    const { result } = compileFiles({
      'w.yml': link('./a.yml'),
      'a.yml': link('./b.yml'),
      'b.yml': link('./a.yml'),
    });
    const cycle = result.diagnostics.find(({ code }) => code === 'WORKFLOW_CYCLE');
    expect(cycle).toMatchObject({ file: 'b.yml', line: 3 });
    expect(cycle?.message).toContain('`a.yml` calls `b.yml` calls `a.yml`');
    expect(result.plan).toBeUndefined();
  });

  it('find a circle through the root workflow, and a workflow that calls itself', () => {
    expect(codes({ 'w.yml': link('./a.yml'), 'a.yml': link('./w.yml') })).toEqual([
      'w.yml INVALID_VALUE',
      'a.yml WORKFLOW_CYCLE',
    ]);
    expect(codes({ 'w.yml': calling('uses: ./w.yml') })).toEqual(['w.yml WORKFLOW_CYCLE']);
  });

  it('go as deep as the limit, and no deeper, whichever way a workflow is met first', () => {
    const chain = (levels: number): Record<string, string> =>
      Object.fromEntries(
        Array.from({ length: levels }, (_, index) => [
          index === 0 ? 'w.yml' : `l${index}.yml`,
          index === levels - 1 ? link() : link(`./l${index + 1}.yml`),
        ]),
      );
    expect(codes(chain(mostLevels))).toEqual([]);
    expect(codes(chain(mostLevels + 1)).at(-1)).toBe(`l${mostLevels - 1}.yml INVALID_VALUE`);
    // Read first by the short way, `l2.yml` has as many levels below it on the long one.
    const short = { ...chain(mostLevels), 'w.yml': link('./l2.yml', './l1.yml') };
    expect(codes(short)).toEqual([]);
    const long = { ...chain(mostLevels), 'w.yml': link('./l1.yml', './x.yml'), 'x.yml': link('./l1.yml') };
    expect(codes(long)).toContain('x.yml INVALID_VALUE');
  });

  it('are not more than the limit in all', () => {
    const paths = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `./f${index}.yml`);
    const files = (count: number): Record<string, string> => ({
      'w.yml': link(...paths(count)),
      ...Object.fromEntries(paths(count).map((path) => [path.slice(2), link()])),
    });
    expect(codes(files(mostCalled))).toEqual([]);
    expect(codes(files(mostCalled + 1))).toEqual(['w.yml INVALID_VALUE']);
  });

  it('are not more jobs than the limit in all, however few files they are', () => {
    const doubling = (levels: number): Record<string, string> => ({
      'w.yml': link(...Array.from({ length: 20 }, () => './l1.yml')),
      ...Object.fromEntries(
        Array.from({ length: levels }, (_, index) => [
          `l${index + 1}.yml`,
          index === levels - 1 ? link() : link(...Array.from({ length: 20 }, () => `./l${index + 2}.yml`)),
        ]),
      ),
    });
    // 20 calls of 40 jobs; with one level more, of 820.
    expect(codes(doubling(2))).toEqual([]);
    expect(codes(doubling(3))).toEqual(['w.yml INVALID_VALUE']);
    expect(codes(doubling(8))).toContain('l5.yml INVALID_VALUE');
  });

  it('end in a plan or in an error, whatever calls whatever', () => {
    const count = 6;
    const edges = array(array(integer({ min: 0, max: count }), { maxLength: 4 }), {
      minLength: count,
      maxLength: count,
    });
    assert(
      property(edges, (targets) => {
        const files = Object.fromEntries(
          targets.map((calls, index) => [`f${index}.yml`, link(...calls.map((target) => `./f${target}.yml`))]),
        );
        const { result, read } = compileFiles(files);
        expect(result.plan === undefined).toBe(result.diagnostics.some(({ severity }) => severity === 'error'));
        expect(read.filter((path) => files[path] !== undefined)).toEqual(
          [...new Set(read)].filter((path) => files[path] !== undefined),
        );
        for (const { file, line = 0 } of result.diagnostics) {
          expect(line).toBeLessThanOrEqual((files[file ?? ''] ?? '').split('\n').length);
        }
      }),
    );
  });

  it('cannot be followed where no files can be read', () => {
    const { diagnostics } = compile(link('./a.yml'), { file: 'w.yml', catalogue: testCatalogue });
    expect(diagnostics).toMatchObject([{ code: 'WORKFLOW_NOT_FOUND', line: 3 }]);
  });

  it('are named from the folder of the root workflow', () => {
    const { diagnostics, called } = compile(link('./a.yml'), {
      file: 'some/where/w.yml',
      catalogue: testCatalogue,
      readWorkflow: (path) => (path === 'a.yml' ? { source: 'jobs:\n  a: {}\n' } : { missing: 'there is none' }),
    });
    expect(diagnostics.map(({ file }) => file)).toContain('some/where/a.yml');
    expect([...(called?.keys() ?? [])]).toEqual(['some/where/a.yml']);
  });
});
