import type { EvaluationEnvironment } from '../../../../dsl/expressions/api.ts';
import type { PlannedEnvironment } from '../../../../schemas/index.ts';
import type { Result } from '../../errors.ts';
import { textOf, unfit } from '../../templates.ts';

/** `environment:` of a job, evaluated. */
export interface EvaluatedEnvironment {
  readonly name: string;
  readonly url?: string;
}

/** Evaluates the name and the URL of an environment. */
export function environmentOf(
  { name: template, url: urlTemplate, at }: PlannedEnvironment,
  contexts: EvaluationEnvironment,
): Result<EvaluatedEnvironment> {
  const name = textOf(template, contexts);
  if ('error' in name) return name;
  if (name.ok === '') {
    return unfit(template, { name: "the environment's name", at }, { expected: 'a text that is not empty', value: '' });
  }
  if (urlTemplate === undefined) return { ok: { name: name.ok } };
  const url = textOf(urlTemplate, contexts);
  return 'error' in url ? url : { ok: { name: name.ok, ...(url.ok === '' ? {} : { url: url.ok }) } };
}
