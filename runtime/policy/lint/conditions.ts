import jexl, { type JexlNode } from 'jexl';
import type { PolicyFile } from '../../../schemas/generated/policy.ts';
import { isDecidedWithoutContext, memberOf, nodesOf } from '../when.ts';
import type { Finding } from './finding.ts';

/** The texts that a name can be, where there are only so many. */
const possible: Readonly<Record<string, readonly string[]>> = {
  'plugin.origin': ['built-in', 'approved', 'installed', 'local'],
  'time.weekday': ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'],
};

/** Conditions that come out the same for every step. */
export function constantConditions(policy: PolicyFile): readonly Finding[] {
  return policy.rules.flatMap((rule, index): readonly Finding[] => {
    if (rule.when === undefined) return [];
    const tree = jexl.createExpression(rule.when)._getAst();
    if (tree === null) return [];
    const found = (message: string, remedy: string): readonly Finding[] => [
      // A deny that never counts is a hole.
      {
        code: 'POLICY_CONDITION',
        severity: rule.deny === undefined ? 'warning' : 'error',
        path: ['rules', index, 'when'],
        message,
        remedy,
      },
    ];
    if (isDecidedWithoutContext(tree)) {
      return found(
        'the condition is about nothing, so the rule always counts or never',
        'Remove it, or say what it depends on.',
      );
    }
    return nodesOf(tree).flatMap((node) => {
      const wrong = impossibleComparison(node);
      return wrong === undefined ? [] : found(wrong.message, wrong.remedy);
    });
  });
}

function impossibleComparison(node: JexlNode): { readonly message: string; readonly remedy: string } | undefined {
  if (node.type !== 'BinaryExpression' || !['==', '!=', 'in'].includes(node.operator)) return undefined;
  for (const [one, other] of [
    [node.left, node.right],
    [node.right, node.left],
  ] as const) {
    const member = memberOf(one);
    const name = member === undefined ? '' : `${member.owner}.${member.name}`;
    const values = Object.hasOwn(possible, name) ? possible[name] : undefined;
    const literals = other.type === 'ArrayLiteral' ? other.value : [other];
    const unknown = literals.find(
      (literal) => literal.type === 'Literal' && values?.includes(String(literal.value)) === false,
    );
    if (values !== undefined && unknown?.type === 'Literal') {
      return {
        message: `\`${name}\` is never \`${String(unknown.value)}\``,
        remedy: `It is one of ${values.join(', ')}.`,
      };
    }
  }
  return undefined;
}
