import type { EvaluationEnvironment } from '../../dsl/expressions/api.ts';
import { toText } from '../../dsl/expressions/index.ts';
import type { Json, JsonObject, Position, RetryClass, Template, WaterflowError } from '../../schemas/index.ts';
import { errorAt } from './errors.ts';
import { jsonBytes, outputsLimitBytes } from './limits.ts';
import { valueOf } from './templates.ts';

/** What the `outputs:` of a job, or of a workflow that is called, give. One that can't be evaluated is left out, and fails it. */
export interface NamedOutputs {
  readonly outputs: JsonObject;
  readonly failure?: { readonly error: WaterflowError; readonly class?: RetryClass };
}

/** Whose outputs they are, and what they are evaluated over. */
export interface OutputsPlace {
  readonly environment: EvaluationEnvironment;
  /** For messages: the job, the workflow. */
  readonly owner: string;
  readonly at: Position;
}

/** Evaluates outputs by their names; more than fit come to none. */
export function evaluateOutputs(
  entries: readonly (readonly [name: string, template: Template])[],
  { environment, owner, at }: OutputsPlace,
): NamedOutputs {
  const values: [string, Json][] = [];
  let failure: NamedOutputs['failure'];
  for (const [name, output] of entries) {
    const value = valueOf(output, environment);
    if ('ok' in value) values.push([name, asOutput(value.ok)]);
    else failure ??= { error: value.error };
  }
  const outputs = Object.fromEntries(values);
  const bytes = jsonBytes(outputs);
  if (bytes <= outputsLimitBytes) return { outputs, ...(failure === undefined ? {} : { failure }) };
  const error = errorAt(at, {
    code: 'OUTPUT_TOO_LARGE',
    message: `the ${owner}'s outputs take ${bytes} bytes; they may take ${outputsLimitBytes}`,
    remedy: 'Pass large data as files, and only their paths as outputs.',
  });
  return { outputs: {}, failure: { error, class: 'limit' } };
}

/**
 * An output is a text, as at GitHub, where `needs.x.outputs.done == 'true'` is how it is read; a list and an object, which have no
 * text there, stay what they are.
 */
function asOutput(value: Json): Json {
  return typeof value === 'object' && value !== null ? value : toText(value);
}
