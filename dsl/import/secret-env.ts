import { isMap, isScalar, isSeq, Scalar, YAMLMap } from 'yaml';
import { parseExpression } from '../expressions/parse.ts';
import { splitText } from '../expressions/template.ts';
import { quote } from '../quote.ts';
import { fieldsOf, type PlacedMap } from './mapping.ts';
import type { ImportRecord } from './record.ts';

/**
 * Gives variables that read secrets to the steps: here the workflow's and a job's own `env` can't, a step's can. A step or job that has
 * a variable of that name keeps its own. Where no step is there to take it, it stays.
 */
export function moveSecretEnv(root: YAMLMap, record: ImportRecord): void {
  const jobs = root.get('jobs');
  const placed = isMap(jobs)
    ? fieldsOf({ map: jobs, path: ['jobs'] }).flatMap(({ value, place }): PlacedMap[] =>
        isMap(value) ? [{ map: value, path: place.path }] : [],
      )
    : [];
  for (const job of placed) moveFrom(job, { steps: stepsOf(job.map), record });
  // A job's own variable goes before the workflow's, and its secret ones are with its steps by now.
  moveFrom({ map: root, path: [] }, { steps: placed.flatMap(({ map }) => stepsOf(map)), record });
}

/** A step, and the job around it. */
interface Step {
  readonly step: YAMLMap;
  readonly job: YAMLMap;
}

function stepsOf(job: YAMLMap): readonly Step[] {
  const steps = job.get('steps');
  return isSeq(steps) ? steps.items.flatMap((step) => (isMap(step) ? [{ step, job }] : [])) : [];
}

function moveFrom(
  holder: PlacedMap,
  { steps, record }: { readonly steps: readonly Step[]; readonly record: ImportRecord },
): void {
  const env = holder.map.get('env');
  if (!isMap(env) || steps.length === 0) return;
  for (const { key, value, place } of fieldsOf({ map: env, path: [...holder.path, 'env'] })) {
    if (!isScalar(value) || typeof value.value !== 'string' || !readsSecrets(value.value)) continue;
    if (env.items.length === 1) holder.map.delete('env');
    for (const { step, job } of steps) if (job === holder.map || !hasVariable(job, key)) give(step, key, value);
    env.delete(key);
    record.add(place, {
      outcome: 'changed',
      message: `${quote(key)} reads a secret, so it is given to each step`,
      remedy: 'Leave it to those that need it.',
    });
  }
}

function readsSecrets(text: string): boolean {
  return splitText(text).some((segment) => {
    if (segment.kind !== 'expression') return false;
    const parsed = parseExpression(text.slice(segment.start, segment.end));
    if ('problem' in parsed) return false;
    return parsed.expression.accesses.some(({ context }) => context.name.toLowerCase() === 'secrets');
  });
}

function hasVariable(holder: YAMLMap, key: string): boolean {
  const env = holder.get('env');
  return isMap(env) && env.has(key);
}

function give(step: YAMLMap, key: string, { value, type }: Scalar): void {
  if (hasVariable(step, key)) return;
  if (!step.has('env')) step.set('env', new YAMLMap(step.schema));
  const env = step.get('env');
  if (!isMap(env)) return;
  const copy = new Scalar(value);
  if (type !== undefined) copy.type = type;
  env.set(key, copy);
}
