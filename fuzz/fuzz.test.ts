import { describe, expect, it } from 'vitest';
import { Checker } from './case.ts';
import { fuzzedCatalogue } from './catalogue.ts';
import { generateWorkflow } from './generate.ts';
import { inputOf } from './inputs.ts';
import { minimise } from './minimise.ts';
import { Random } from './random.ts';
import { readSeeds } from './seeds.ts';
import { fuzz } from './watched.ts';

const seeds = readSeeds();

describe('a sample of the fuzz', () => {
  it('answers 300 mutated files, generated workflows and expressions as it must', async () => {
    const { outcomes, findings, done } = await fuzz({ seed: 1, cases: 300, workers: 1 });
    expect(findings).toEqual([]);
    expect(done).toBe(300);
    expect(Object.keys(outcomes).toSorted()).toEqual(['errors', 'expression', 'plan', 'plan with warnings']);
  });

  it('starts from workflows of every feature that compile', () => {
    const checker = new Checker(seeds, fuzzedCatalogue());
    for (let seed = 0; seed < 20; seed += 1) {
      const source = generateWorkflow(new Random(seed));
      expect(checker.check({ kind: 'file', source }, new Random(seed))).toMatch(/^plan/);
    }
  });

  it('makes the same case of the same seed and number', () => {
    expect(inputOf(seeds, 5, 17)).toEqual(inputOf(seeds, 5, 17));
    expect(inputOf(seeds, 5, 17)).not.toEqual(inputOf(seeds, 6, 17));
  });
});

describe('a case with something wrong', () => {
  it('is a finding where the answer is not what it must be', () => {
    const catalogue = {
      ...fuzzedCatalogue(),
      find: () => {
        throw new TypeError('the catalogue is broken');
      },
    };
    const checker = new Checker(seeds, catalogue);
    const source = 'jobs: { a: { steps: [{ uses: x@v1 }] } }';
    expect(() => checker.check({ kind: 'file', source }, new Random(0))).toThrow('the catalogue is broken');
  });

  it('is made as short as it can be', () => {
    const text = `${'a line\n'.repeat(50)}  before wrong after\n${'another\n'.repeat(50)}`;
    expect(minimise(text, (part) => part.includes('wrong'), { mostTrials: 1000 })).toBe('wrong');
    expect(minimise(text, () => true, { mostTrials: 0 })).toBe(text);
  });
});
