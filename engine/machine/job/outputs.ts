import { toText } from '../../../dsl/expressions/index.ts';
import type { Json, JsonObject } from '../../../schemas/index.ts';
import { errorAt } from '../errors.ts';
import { jsonBytes, outputsLimitBytes } from '../limits.ts';
import { pathsOf } from '../references.ts';
import { entriesOf, valueOf } from '../templates.ts';
import { jobContexts } from './contexts.ts';
import type { Failure } from './state.ts';
import type { JobTurn } from './turn.ts';

/** What the `outputs:` of a job give. One that can't be evaluated is left out, and fails the job. */
export interface JobOutputs {
  readonly outputs: JsonObject;
  readonly failure?: Failure;
}

/**
 * An output is a text, as at GitHub, where `needs.x.outputs.done == 'true'` is how it is read; a list and an object, which have no
 * text there, stay what they are.
 */
function asOutput(value: Json): Json {
  return typeof value === 'object' && value !== null ? value : toText(value);
}

/** Evaluates the outputs of a job whose steps are over. */
export function jobOutputs(turn: JobTurn): JobOutputs {
  const { outputs: template, at } = turn.job;
  const environment = { contexts: jobContexts(turn, pathsOf(template)) };
  const values: [string, JsonObject[string]][] = [];
  let failure: Failure | undefined;
  for (const [name, output] of entriesOf(template)) {
    const value = valueOf(output, environment);
    if ('ok' in value) values.push([name, asOutput(value.ok)]);
    else failure ??= { error: value.error };
  }
  const outputs = Object.fromEntries(values);
  const bytes = jsonBytes(outputs);
  if (bytes <= outputsLimitBytes) return { outputs, ...(failure === undefined ? {} : { failure }) };
  const error = errorAt(at, {
    code: 'OUTPUT_TOO_LARGE',
    message: `the job's outputs take ${bytes} bytes; they may take ${outputsLimitBytes}`,
    remedy: 'Pass large data as files, and only their paths as outputs.',
  });
  return { outputs: {}, failure: { error, class: 'limit' } };
}
