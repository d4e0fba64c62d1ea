import { expect, test } from 'vitest';

import type {
  CheckExpression,
  EvaluateExpression,
  EvaluateTemplate,
  IsTruthy,
  ParseTemplate,
  SliceContexts,
  ToText,
} from './api.ts';
import * as expressions from './index.ts';

interface Contract {
  readonly parseTemplate: ParseTemplate;
  readonly checkExpression: CheckExpression;
  readonly evaluateExpression: EvaluateExpression;
  readonly evaluateTemplate: EvaluateTemplate;
  readonly isTruthy: IsTruthy;
  readonly toText: ToText;
  readonly sliceContexts: SliceContexts;
}

test('the package has the functions of its contract', () => {
  const contract: Contract = expressions;
  expect(contract.isTruthy('')).toBe(false);
});
