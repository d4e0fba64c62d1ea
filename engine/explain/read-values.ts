import { didYouMean } from '../../dsl/did-you-mean.ts';
import { referencesOf } from '../../dsl/expressions/index.ts';
import { plannedJob } from '../../dsl/index.ts';
import type { Json, JsonObject } from '../../schemas/index.ts';
import type { RunDetails } from '../port.ts';
import type { ReadValue } from './api.ts';
import { besideOf } from './needs.ts';

/** Values that are told of one expression. */
const mostRead = 10;

/** What an expression of a job read of inputs, and of outputs of jobs and steps, with why an output isn't there. */
export function readValues(source: string, job: string, run: RunDetails): readonly ReadValue[] {
  const at = { file: run.file, line: 1, column: 1 };
  const paths = referencesOf({ kind: 'expression', expression: { source, at } });
  return paths.flatMap((path) => readAt(path, job, run) ?? []).slice(0, mostRead);
}

function readAt(path: readonly string[], job: string, run: RunDetails): ReadValue | undefined {
  const [context, first = '', outputs, name] = path;
  if (context === 'inputs' && first !== '') {
    return { path: `inputs.${first}`, value: memberOf(run.inputs, first) ?? null };
  }
  if (outputs !== 'outputs' || name === undefined) return undefined;
  if (context === 'steps') return ofStep({ job, step: first, name }, run);
  return context === 'needs' ? ofJob({ job: besideOf(job, first), id: first, name }, run) : undefined;
}

function ofStep(
  { job, step, name }: { readonly job: string; readonly step: string; readonly name: string },
  { jobs }: RunDetails,
): ReadValue | undefined {
  const details = jobs[job]?.steps[step];
  if (details === undefined) return undefined;
  const { outputs } = details;
  const value = memberOf(outputs, name) ?? null;
  return {
    path: `steps.${step}.outputs.${name}`,
    value,
    ...(value === null ? { note: lacks(step, name, outputs) } : {}),
  };
}

function ofJob(
  { job, id, name }: { readonly job: string; readonly id: string; readonly name: string },
  run: RunDetails,
): ReadValue | undefined {
  const details = run.jobs[job];
  if (details === undefined) return undefined;
  const value = memberOf(details.outputs, name) ?? null;
  const note = value === null || value === '' ? whyEmpty({ job, name }, run) : undefined;
  return { path: `needs.${id}.outputs.${name}`, value, ...(note === undefined ? {} : { note }) };
}

/** An output of a job is empty where the step that it is taken from has no such output. */
function whyEmpty({ job, name }: { readonly job: string; readonly name: string }, run: RunDetails): string | undefined {
  const all = plannedJob(run.plan, job)?.outputs;
  const template = all?.kind === 'object' ? all.entries.find(([one]) => isSameName(one, name))?.[1] : undefined;
  if (template === undefined) return undefined;
  for (const [context, step = '', outputs, output] of referencesOf(template)) {
    if (context !== 'steps' || outputs !== 'outputs' || output === undefined) continue;
    const read = ofStep({ job, step, name: output }, run);
    if (read?.note !== undefined) return `it comes from \`${read.path}\`, and ${read.note}`;
  }
  return undefined;
}

function lacks(step: string, name: string, outputs: JsonObject): string {
  const names = Object.keys(outputs);
  const guess = didYouMean(name, names);
  const there = names.length === 0 ? 'it has none' : `it has ${names.map((one) => `\`${one}\``).join(', ')}`;
  return `step \`${step}\` has no output \`${name}\`: ${guess === undefined ? there : `did you mean \`${guess}\`?`}`;
}

/** Names don't count letter case. */
function memberOf(values: JsonObject, name: string): Json | undefined {
  return Object.entries(values).find(([one]) => isSameName(one, name))?.[1];
}

function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
