import { assert, integer, property, shuffledSubarray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PlannedJob } from '../schemas/index.ts';
import { compile } from './index.ts';
import { allSteps, compareStepKeys, stepOfKey } from './steps.ts';
import { testCatalogue } from './testing/catalogue.ts';

const source = `jobs:
  job:
    steps:
      - run: a
      - id: loop
        uses: for-each@v1
        with:
          items: [a, b]
          steps:
            - id: gate
              uses: if@v1
              with:
                condition: vars.a
                then: [{ id: yes, run: b }, { run: c }]
                else: [{ run: d }]
            - { id: last, run: e }
      - { id: end, run: f }
`;
const { plan } = compile(source, { file: 'test.yml', catalogue: testCatalogue });
const job: Pick<PlannedJob, 'steps'> = plan?.jobs[0] ?? { steps: [] };

describe('allSteps', () => {
  it('walks through steps inside of steps in the order of the file', () => {
    expect(Array.from(allSteps(job), ({ key, parents }) => [key, parents.map((parent) => parent.key)])).toEqual([
      ['0', []],
      ['loop', []],
      ['loop.gate', ['loop']],
      ['loop.gate.yes', ['loop', 'gate']],
      ['loop.gate.1', ['loop', 'gate']],
      ['loop.gate.2', ['loop', 'gate']],
      ['loop.last', ['loop']],
      ['end', []],
    ]);
  });
});

describe('stepOfKey', () => {
  it.each([
    ['0', '0'],
    ['loop', 'loop'],
    ['loop[12].gate.yes', 'yes'],
    ['loop[0].gate', 'gate'],
    ['loop.last', 'last'],
  ])('finds %s', (key, own) => {
    expect(stepOfKey(job, key)?.key).toBe(own);
  });

  it.each(['', 'gate', 'loop[0].yes', 'end.yes', 'loop[0]..gate', '__proto__'])('finds no step %s', (key) => {
    expect(stepOfKey(job, key)).toBeUndefined();
  });
});

describe('compareStepKeys', () => {
  const iterations = [0, 1, 2, 10].flatMap((index) => [
    `loop[${index}].gate`,
    `loop[${index}].gate.yes`,
    `loop[${index}].gate.1`,
    `loop[${index}].gate.2`,
    `loop[${index}].last`,
  ]);
  const inOrder = ['0', 'loop', ...iterations, 'end', 'unknown'];

  it('sorts as the file and the iterations say, whatever the order was', () => {
    assert(
      property(shuffledSubarray(inOrder), (keys) => {
        const sorted = keys.toSorted(compareStepKeys(job));
        expect(sorted).toEqual(inOrder.filter((key) => keys.includes(key)));
      }),
    );
  });

  it('takes a key for equal to itself alone', () => {
    const compare = compareStepKeys(job);
    assert(
      property(
        integer({ min: 0, max: inOrder.length - 1 }),
        integer({ min: 0, max: inOrder.length - 1 }),
        (one, other) => {
          expect(Math.sign(compare(inOrder[one] ?? '', inOrder[other] ?? ''))).toBe(Math.sign(one - other));
        },
      ),
    );
  });
});
