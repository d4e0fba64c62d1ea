import { isJsonObject, type JsonObject, type PlannedStep } from '../../../../schemas/index.ts';
import { errorAt, type Problem, type Result } from '../../errors.ts';
import { pathsOf } from '../../references.ts';
import { valueOf } from '../../templates.ts';
import { stepContexts } from '../sequence/contexts.ts';
import type { Cursor } from '../turn.ts';

/** The error of a step's inputs. */
export function inputProblem(
  step: PlannedStep,
  problem: Omit<Problem, 'code'>,
): { readonly error: ReturnType<typeof errorAt> } {
  return { error: errorAt(step.at, { code: 'INVALID_INPUT', ...problem }) };
}

/** The inputs of a control node: what its `with` gives, in which only these names may stand. */
export function controlInputs(cursor: Cursor, step: PlannedStep, names: readonly string[]): Result<JsonObject> {
  const contexts = stepContexts(cursor, step, pathsOf(step.with));
  if ('error' in contexts) return contexts;
  const inputs = valueOf(step.with, { contexts: contexts.ok });
  if ('error' in inputs) return inputs;
  const given = isJsonObject(inputs.ok) ? inputs.ok : {};
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown === undefined) return { ok: given };
  const [node] = step.uses.split('@');
  return inputProblem(step, {
    message: `${node} has no input ${unknown}`,
    remedy: `It takes only ${names.map((name) => `\`${name}\``).join(', ')}.`,
  });
}
