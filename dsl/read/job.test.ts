import { describe, expect, it } from 'vitest';
import { compile } from '../compile.ts';
import { testCatalogue } from '../testing/catalogue.ts';
import { compileMarked, job, step, steps } from '../testing/mistakes.ts';

describe('ids and needs', () => {
  it.each([
    ['an id with a space', 'jobs: { ▸INVALID_VALUE▸my job: { steps: [{ run: x }] } }'],
    ['an id that is no key in JavaScript', 'jobs: { ▸INVALID_VALUE▸__proto__: { steps: [{ run: x }] } }'],
    ['an id that is too long', `jobs: { ▸INVALID_VALUE▸${'a'.repeat(101)}: { steps: [{ run: x }] } }`],
    ["a step's id that begins with a digit", step('id: ▸INVALID_VALUE▸1st\nrun: x')],
    ["a step's id twice", job('steps:\n  - { id: a, run: x }\n  - { id: ▸DUPLICATE_ID▸A, run: x }')],
    ['jobs that differ in case', 'jobs: { a: { steps: [{ run: x }] }, ▸DUPLICATE_ID▸A: { steps: [{ run: x }] } }'],
    ["a job that doesn't exist", job(`needs: ▸UNKNOWN_NEED▸other\n${steps}`)],
    ['a job named twice', `jobs:\n  a: { ${steps} }\n  b: { needs: [a, ▸DUPLICATE_ID▸a], ${steps} }`],
    ['a job named twice in other cases', `jobs:\n  a: { ${steps} }\n  b: { needs: [a, ▸DUPLICATE_ID▸A], ${steps} }`],
    ['a cycle in another case', `jobs:\n  a: { needs: ▸NEEDS_CYCLE▸B, ${steps} }\n  b: { needs: A, ${steps} }`],
    ['a job that needs itself', job(`needs: ▸NEEDS_CYCLE▸job\n${steps}`)],
    [
      'jobs that need each other, once',
      `jobs:
  a: { needs: ▸NEEDS_CYCLE▸b, ${steps} }
  b: { needs: [c], ${steps} }
  c: { needs: [d, a], ${steps} }
  d: { ${steps} }`,
    ],
    ['needs as a mapping', job(`needs: ▸WRONG_TYPE▸{ a: b }\n${steps}`)],
    [
      'needs with an expression',
      job(`needs: ['▸INVALID_VALUE▸\${{ vars.x }}']\n${steps}`).replace("'▸INVALID_VALUE▸", "▸INVALID_VALUE▸'"),
    ],
  ])('reports %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it('finds a needed job in any letter case, under the id that it has', () => {
    const source = `jobs:\n  Build: { outputs: { x: y }, ${steps} }\n  test: { needs: build, if: needs.BUILD.outputs.X == 'y', ${steps} }`;
    const { plan, diagnostics } = compile(source, { file: 'test.yml', catalogue: testCatalogue });
    expect(diagnostics).toEqual([]);
    expect(plan?.jobs[1]?.needs).toEqual(['Build']);
  });

  it('finds a cycle at the end of a chain of thousands of jobs', () => {
    const count = 1_500;
    const jobs = Array.from({ length: count }, (_, index) => {
      const need = index === count - 1 ? `▸NEEDS_CYCLE▸j${count - 2}` : `j${index + 1}`;
      return `  j${index}: { needs: ${need}, steps: [{ run: x }] }`;
    });
    const { reported } = compileMarked(`jobs:\n${jobs.join('\n')}\n`);
    expect(reported).toEqual([expect.stringMatching(/^NEEDS_CYCLE/)]);
  });
});
