import { allJobs } from '../../dsl/index.ts';
import { suggest } from '../../dsl/suggest.ts';
import { assertNever, type Json, type Plan, parseDuration, type WaterflowError } from '../../schemas/index.ts';
import type { Script, ScriptEntry, ScriptedResult } from './api.ts';
import { resultsOf } from './kinds.ts';
import { type Assignment, scriptError, splitAssignments } from './split.ts';
import { type FoundTarget, findTarget } from './targets.ts';

type Parsed<Value> = { readonly ok: Value } | { readonly error: WaterflowError };
type ResultEntry = Extract<ScriptEntry, { readonly kind: 'result' }>;

/** What a script is made of, as a user writes it: `build=failure, deploy.smoke=timeout`, and `web=web-1,web-2`. */
export interface ScriptText {
  readonly simulate: readonly string[];
  readonly hosts: readonly string[];
}

/** Reads a script for a plan. The error names the part that is wrong, and what was meant. */
export function parseScript(plan: Plan, text: ScriptText): Parsed<Script> {
  const entries: ScriptEntry[] = [];
  for (const part of text.simulate) {
    const assignments = splitAssignments(part);
    if ('error' in assignments) return assignments;
    for (const assignment of assignments.ok) {
      const entry = entryOf(plan, assignment);
      if ('error' in entry) return entry;
      entries.push(entry.ok);
    }
  }
  const hosts = hostsIn(plan, text.hosts);
  return 'error' in hosts ? hosts : { ok: { entries, hosts: hosts.ok } };
}

function entryOf(plan: Plan, assignment: Assignment): Parsed<ScriptEntry> {
  const found = findTarget(plan, assignment.target);
  if ('error' in found) return found;
  const { target, property } = found.ok;
  const { written } = assignment;
  if (property === undefined) {
    const results = resultsIn(plan, found.ok, assignment);
    return 'error' in results ? results : { ok: { written, target, kind: 'result', results: results.ok } };
  }
  const unfit = propertyProblem(found.ok, property.kind);
  return unfit === undefined ? propertyOf(property, { written, target }, assignment) : { error: unfit };
}

function propertyOf(
  property: NonNullable<FoundTarget['property']>,
  about: Pick<ScriptEntry, 'written' | 'target'>,
  assignment: Assignment,
): Parsed<ScriptEntry> {
  if (property.kind === 'takes') {
    const ms = parseDuration(assignment.value);
    if (ms !== undefined) return { ok: { ...about, kind: 'takes', ms } };
    return { error: scriptError(`\`${assignment.value}\` is no duration`, 'Write one, as `90s`, `1h30m` or `PT5M`.') };
  }
  const value = valueIn(assignment);
  if ('error' in value) return value;
  switch (property.kind) {
    case 'payload':
      return { ok: { ...about, kind: 'payload', value: value.ok } };
    case 'outputs':
      return { ok: { ...about, kind: 'output', name: property.name, value: value.ok } };
    default:
      return assertNever(property);
  }
}

/** Only plugins give outputs and take time; a payload is what comes with the signal of a wait-for@v1. */
function propertyProblem(
  { step, called }: FoundTarget,
  kind: 'outputs' | 'payload' | 'takes',
): WaterflowError | undefined {
  const plugin = step?.kind === 'plugin';
  if (kind === 'payload') {
    if (!plugin && step?.uses.startsWith('wait-for@') === true) return undefined;
    return scriptError('only a step of wait-for@v1 has a payload', 'Name such a step, or set an output of a plugin.');
  }
  if (plugin) return undefined;
  const what = kind === 'outputs' ? 'has no outputs of its own to set' : 'takes no time of its own';
  return scriptError(
    `\`${step === undefined ? called.key : `${called.key}.${step.key}`}\` ${what}`,
    'Name a step that runs a plugin.',
  );
}

function resultsIn(
  plan: Plan,
  found: FoundTarget,
  { target, value, typed }: Assignment,
): Parsed<ResultEntry['results']> {
  const possible = resultsOf(plan, found);
  if (typed) return { error: scriptError(`\`${target}\` has a result, not a value`, 'Write `=` instead of `:=`.') };
  if (possible.length === 0) {
    const remedy =
      'Name a step that runs a plugin, an approval@v1 or a wait-for@v1; what they come to decides over the rest.';
    return { error: scriptError(`nothing can happen to \`${target}\` but what the workflow says`, remedy) };
  }
  const results: ScriptedResult[] = [];
  for (const word of value.split('>')) {
    const result = resultIn(word.trim(), possible);
    if ('error' in result) return result;
    results.push(result.ok);
  }
  const [first, ...rest] = results;
  // A text has at least one part.
  return first === undefined ? { error: scriptError('no result', 'Write one.') } : { ok: [first, ...rest] };
}

function resultIn(word: string, possible: readonly ScriptedResult['result'][]): Parsed<ScriptedResult> {
  const pushBack = /^push-back\((?<to>.+)\)$/u.exec(word)?.groups?.['to'];
  const name = pushBack === undefined ? word : 'push-back';
  const result = possible.find((one) => one === name);
  if (result === undefined) return { error: noResult(word, possible) };
  return { ok: result === 'push-back' ? { result, ...(pushBack === undefined ? {} : { to: pushBack }) } : { result } };
}

function noResult(word: string, possible: readonly string[]): WaterflowError {
  if (word === 'skipped') {
    return scriptError(
      'what is skipped is decided by conditions',
      'Set the results, outputs or inputs that make the condition false, as `build.check.outputs.changed=false`.',
    );
  }
  return scriptError(`\`${word}\` can't come of it`, suggest(word, possible));
}

/** `=` gives a text, as scripts do, `:=` any JSON. */
function valueIn({ value, typed, written }: Assignment): Parsed<Json> {
  if (!typed) return { ok: value };
  try {
    // JSON.parse gives nothing but JSON.
    return { ok: JSON.parse(value) as Json };
  } catch {
    return {
      error: scriptError(`\`${written}\` holds no JSON`, 'Write JSON after `:=`, as `[1, 2]`, or a text after `=`.'),
    };
  }
}

function hostsIn(plan: Plan, pairs: readonly string[]): Parsed<Script['hosts']> {
  const queues = fleetQueues(plan);
  const hosts: [string, readonly string[]][] = [];
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    if (equals < 1) {
      return { error: hostsError(`\`${pair}\` has no hosts`, 'Write --hosts QUEUE=HOST,HOST, as `web=web-1,web-2`.') };
    }
    const queue = pair.slice(0, equals).trim();
    if (queues.known && !queues.names.includes(queue)) {
      return { error: hostsError(`no fleet runs on the queue \`${queue}\``, suggest(queue, queues.names)) };
    }
    const names = pair.slice(equals + 1).split(',');
    hosts.push([queue, names.flatMap((name) => name.trim() || [])]);
  }
  return { ok: Object.fromEntries(hosts) };
}

function hostsError(message: string, remedy: string): WaterflowError {
  return { ...scriptError('', remedy), message: `--hosts: ${message}` };
}

/** The queues of fleets; `known` where none of them is computed. */
function fleetQueues(plan: Plan): { readonly names: readonly string[]; readonly known: boolean } {
  const queues = [...allJobs(plan)].flatMap(({ job }) => (job.fleet === undefined ? [] : [job.runs_on]));
  const names = queues.flatMap((queue) =>
    queue.kind === 'literal' && typeof queue.value === 'string' ? [queue.value] : [],
  );
  return { names: [...new Set(names)], known: names.length === queues.length };
}
