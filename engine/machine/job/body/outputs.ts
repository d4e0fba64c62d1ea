import type { Json, JsonObject, Template } from '../../../../schemas/index.ts';
import { pathsOf } from '../../references.ts';
import { entriesOf, valueOf } from '../../templates.ts';
import { jobContexts } from '../sequence/contexts.ts';
import type { Failure } from '../sequence/sequence.ts';
import type { Cursor } from '../turn.ts';

/** What the `outputs` of a body give at its end, over what is inside. One that can't be evaluated is left out, and is a failure. */
export function bodyOutputs(
  cursor: Cursor,
  template: Template,
): { readonly outputs: JsonObject; readonly failure?: Failure } {
  const entries = entriesOf(template);
  if (entries.length === 0) return { outputs: {} };
  const contexts = jobContexts(cursor, pathsOf(template));
  const values: [string, Json][] = [];
  let failure: Failure | undefined;
  for (const [name, output] of entries) {
    const value = valueOf(output, { contexts });
    if ('ok' in value) values.push([name, value.ok]);
    else failure ??= { error: value.error };
  }
  return { outputs: Object.fromEntries(values), ...(failure === undefined ? {} : { failure }) };
}
