import fc from 'fast-check';
import jexl from 'jexl';
import { describe, expect, it } from 'vitest';
import { type Condition, compileCondition } from './condition.ts';

const names = {
  tenant: 'blue',
  job: 'deploy',
  inputs: {
    flag: true,
    count: 3,
    text: '3',
    none: null,
    hosts: ['a', 'b'],
    machines: [
      { name: 'a', port: 1 },
      { name: 'b', port: 2 },
    ],
    nested: { deep: 'x' },
  },
};

const leaf = fc.constantFrom(
  '"blue"',
  '3',
  '0',
  'true',
  'false',
  '""',
  'tenant',
  'job',
  'inputs.flag',
  'inputs.count',
  'inputs.text',
  'inputs.none',
  'inputs.missing',
  'inputs.missing.deeper',
  'inputs.nested.deep',
  'inputs.hosts[0]',
  'inputs.machines[.name == "b"][0].port',
  'inputs["count"]',
);
const binary = fc.constantFrom('==', '!=', '<', '<=', '>', '>=', '+', '-', '*', '/', '//', '%', '^', '&&', '||', 'in');
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc
      .tuple(tie('condition'), binary, tie('condition'))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    tie('condition').map((operand) => `!(${operand})`),
    fc
      .tuple(tie('condition'), tie('condition'), tie('condition'))
      .map(([test, yes, no]) => `(${test} ? ${yes} : ${no})`),
    fc.tuple(tie('condition'), tie('condition')).map(([test, no]) => `(${test} ?: ${no})`),
    fc.tuple(tie('condition'), tie('condition')).map(([one, list]) => `(${one} in ["blue", ${list}])`),
  ),
}));

/** What it comes to, unless it can't be decided. */
function saidBy(condition: Condition): { readonly value: unknown } | { readonly undecided: unknown } {
  try {
    return { value: condition(names) };
  } catch (undecided) {
    return { undecided };
  }
}

describe('a compiled condition', () => {
  it('says what jexl says, of texts, numbers and truth values, where it says anything', () => {
    fc.assert(
      fc.property(condition, (text) => {
        const expression = jexl.createExpression(text);
        const tree = expression._getAst();
        if (tree === null) return;
        const said = saidBy(compileCondition(tree));
        fc.pre('value' in said);
        expect(said).toEqual({ value: expression.evalSync(names) });
      }),
      { numRuns: 500, maxSkipsPerRun: 1000 },
    );
  });
});
