import { type ExpressionScope, expressionScope, type Shape } from '../expressions/index.ts';
import { closedShape, endShape, openShape } from './known-shapes.ts';
import type { HiddenSteps, VisibleSteps } from './visible-steps.ts';

/** The scopes of the steps of a job, one after the other. Each sees the steps that {@link StepsScope.addStep} has been told of so far. */
export interface StepsScope {
  /** The scopes of the next step; `secretKeys` of its environment can't be read by conditions. */
  step(secretKeys: readonly string[]): StepScopes;
  /** From here on `steps.<id>` is known, with its outputs by name; undefined where any name may turn up. */
  addStep(id: string, outputs: Readonly<Record<string, Shape>> | undefined): void;
  /** For the steps inside of the next step; `each` is there in a loop. */
  body(each?: Shape): BodyScope;
}

/** The scopes of one step. */
export interface StepScopes {
  readonly condition: ExpressionScope;
  readonly own: ExpressionScope;
  /** `with` and `env` of a plugin. */
  readonly inputs: ExpressionScope;
}

/** The scopes of steps inside of a step. They see what that step sees. */
export interface BodyScope {
  /** Reads one list of them, whose steps nothing outside sees. */
  list<Result>(read: (scope: StepsScope) => Result): Result;
  /** Reads what is evaluated when they have ended: it sees all of them. */
  outputs<Result>(read: (scope: ExpressionScope) => Result): Result;
}

type ContextShapes = Parameters<typeof expressionScope>[1] & object;

/** The scope of a job's steps, over its contexts. */
export function stepsScope(shapes: ContextShapes, visible: VisibleSteps): StepsScope {
  const contexts = { ...shapes, steps: visible.shape };
  return {
    step: (secretKeys) => stepScopes(contexts, secretKeys),
    addStep: (id, outputs) => visible.add(id, stepShape(outputs)),
    body: (each) => bodyScope(each === undefined ? contexts : { ...contexts, each }, visible),
  };
}

function stepScopes(shapes: ContextShapes, secretKeys: readonly string[]): StepScopes {
  const secret = Object.fromEntries(secretKeys.map((key): [string, Shape] => [key, { kind: 'secret' }]));
  const all = { ...shapes, env: { kind: 'object', properties: secret, open: true } } as const;
  return {
    condition: expressionScope('step-if', all),
    own: expressionScope('step', all),
    inputs: expressionScope('step-with', all),
  };
}

function bodyScope(contexts: ContextShapes, visible: VisibleSteps): BodyScope {
  const ended: HiddenSteps[number][] = [];
  const scope = stepsScope(contexts, visible);
  return {
    list: (read) => {
      const { result, hidden } = visible.during(() => read(scope));
      ended.push(...hidden);
      return result;
    },
    outputs: (read) =>
      visible.revealing(ended, () => read({ ...scope.step([]).own, place: 'outputs of a control node' })),
  };
}

function stepShape(outputs: Readonly<Record<string, Shape>> | undefined): Shape {
  return closedShape({
    outputs: outputs === undefined ? openShape : closedShape(outputs),
    outcome: endShape,
    conclusion: endShape,
  });
}
