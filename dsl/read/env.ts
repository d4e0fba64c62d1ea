import type { ExpressionSource, Template } from '../../schemas/index.ts';
import type { CheckedExpression } from '../expressions/index.ts';
import { quote } from '../quote.ts';
import type { TreeNode } from '../tree/node.ts';
import { asMapping, type Reading } from './reading.ts';
import { objectTemplate, type Place, readTextTemplate, reportExpressionInKey } from './templates.ts';

/** An `env:` layer, and which of its keys hold secrets. */
export interface ReadEnv {
  readonly template: Template;
  readonly secretKeys: readonly string[];
}

/** What programs and shells can be given; not `__proto__`, which is no key like others in JavaScript. */
const variableName = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]*$/;

/** No `env:` at all. */
export const emptyEnv: ReadEnv = { template: { kind: 'literal', value: {} }, secretKeys: [] };

/** `env:` -> texts by name. */
export function readEnv(reading: Reading, node: TreeNode, place: Place): ReadEnv {
  const mapping = asMapping(reading, node, { subject: '`env`', remedy: 'Write `NAME: value` below it.' });
  if (mapping === undefined) return emptyEnv;
  const secretKeys = new Set<string>();
  const entries = mapping.entries.map((entry) => {
    reportExpressionInKey(reading, entry);
    if (!entry.key.includes('${{') && !variableName.test(entry.key)) {
      reading.report.error(entry.keySpan, {
        code: 'INVALID_VALUE',
        message: `${quote(entry.key)} can't be the name of an environment variable`,
        remedy: 'Use letters, digits and _, and no digit first.',
      });
    }
    const onExpression = (checked: CheckedExpression, expression: ExpressionSource): void => {
      if (checked.references.some(([context]) => context?.toLowerCase() === 'secrets')) secretKeys.add(entry.key);
      place.onExpression?.(checked, expression);
    };
    // `KEY:` is the way to write an empty one.
    const isEmpty = entry.value.kind === 'scalar' && entry.value.value === null;
    const value: Template = isEmpty
      ? { kind: 'literal', value: '' }
      : readTextTemplate(reading, entry.value, { ...place, onExpression, subject: `the variable ${quote(entry.key)}` });
    return [entry.key, value] as const;
  });
  return { template: objectTemplate(entries), secretKeys: [...secretKeys] };
}
