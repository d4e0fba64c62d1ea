import { describe, expect, it } from 'vitest';
import { compileMarked, job, step } from './testing/mistakes.ts';

const steps = "steps: [{ run: x, env: { A: '${{ inputs.tag }}' } }]";

describe('a mistake whose name is used elsewhere', () => {
  it.each([
    ['a trigger', `on: { ▸INVALID_VALUE▸manaul: { inputs: { tag: {} } } }\n${job(steps)}`],
    ['the key of inputs', `on: { manual: { ▸UNKNOWN_KEY▸input: { tag: {} } } }\n${job(steps)}`],
    ['inputs in a list', `on: { manual: { inputs: ▸WRONG_TYPE▸[tag] } }\n${job(steps)}`],
    ['inputs at the top of the file', `▸UNKNOWN_KEY▸inputs: { tag: {} }\n${job(steps)}`],
    ['the name of an input', `on: { manual: { inputs: { ▸INVALID_VALUE▸tag.name: {} } } }\n${job(steps)}`],
    [
      'the id of a step',
      job("steps:\n- { id: ▸INVALID_VALUE▸my step, run: x }\n- { run: x, if: steps.my-step.outcome == 'success' }"),
    ],
    [
      'a strategy',
      job('▸UNKNOWN_KEY▸startegy: { matrix: { os: [a] } }\nruns-on: ${{ matrix.os }}\nsteps: [{ run: x }]'),
    ],
    ['a matrix', job('strategy: { ▸UNKNOWN_KEY▸matix: { os: [a] } }\nruns-on: ${{ matrix.os }}\nsteps: [{ run: x }]')],
    [
      'a matrix without a strategy',
      job('▸UNKNOWN_KEY▸matrix: { os: [a] }\nruns-on: ${{ matrix.os }}\nsteps: [{ run: x }]'),
    ],
    ['outputs of a job', needing('▸UNKNOWN_KEY▸ouputs: { x: a }')],
    ['outputs of a job in a list', needing('outputs: ▸WRONG_TYPE▸[x]')],
    ['a need', needing('outputs: { x: a }').replace('needs: first', 'needs: ▸UNKNOWN_NEED▸frist')],
    ['the inputs of a node', step('uses: checkout@v1\n▸UNKNOWN_KEY▸wiht: { repository: x }')],
    [
      'the inputs of a loop',
      step(
        "uses: for-each@v1\n▸UNKNOWN_KEY▸wiht: { items: [a, b], steps: [{ run: x, env: { A: '${{ each.value }}' } }] }",
      ),
    ],
  ])('is reported once: %s', (_what, source) => {
    const { marked, reported } = compileMarked(source);
    expect(reported).toEqual(marked);
  });

  it("doesn't hide other mistakes of the same kind", () => {
    const { marked, reported } = compileMarked(`on: { manual: { ▸UNKNOWN_KEY▸input: { tag: {} } } }
jobs:
  a:
    needs: ▸UNKNOWN_NEED▸bb
    steps:
      - { id: ▸INVALID_VALUE▸my step, run: x }
      - { run: x, if: inputs.▸UNKNOWN_PROPERTY▸other }
      - { run: x, if: steps.▸UNKNOWN_PROPERTY▸other.outcome == 'success' }
      - { run: x, if: needs.▸UNKNOWN_PROPERTY▸other.result == 'success' }
  b: { steps: [{ run: x }] }
`);
    expect(reported).toEqual(marked);
  });
});

/** A job of these keys, and one that reads its output `x`. */
function needing(keys: string): string {
  return `jobs:
  first: { ${keys}, steps: [{ run: x }] }
  second:
    needs: first
    steps: [{ run: x, env: { A: '\${{ needs.first.outputs.x }}' } }]
`;
}
