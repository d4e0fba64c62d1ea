import type { Plan, PlannedJob, Template } from '../../schemas/index.ts';
import { inputsShape } from '../check/known-shapes.ts';
import { checkNeeds, type Need } from '../check/needs.ts';
import { collectDeclarations, runNameScope, workflowOutputsScope, workflowScope } from '../check/scopes.ts';
import { strayInputs } from '../check/stray-names.ts';
import { quote } from '../quote.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { keysOf, valueAt } from '../tree/query.ts';
import { peekCall } from './call.ts';
import { readConcurrency } from './concurrency.ts';
import { noDefaults, readDefaults } from './defaults.ts';
import { distinctKeys } from './distinct-keys.ts';
import { emptyEnv, readEnv } from './env.ts';
import { type Fields, type KeyTable, readFields } from './fields.ts';
import type { PlannedInputs } from './inputs.ts';
import { type JobSurroundings, jobKeys, readJob } from './job.ts';
import { ExpressionFacts, warnOfJobs } from './job-warnings.ts';
import { readLiteralText } from './literals.ts';
import { readNameTemplate } from './name-template.ts';
import { readPermissions } from './permissions.ts';
import { asMapping, type Reading } from './reading.ts';
import { References } from './references.ts';
import type { Place } from './templates.ts';
import { noTriggers, readTriggers } from './triggers.ts';
import { readCallOutputs } from './workflow-call.ts';

type WorkflowKey = 'name' | 'run-name' | 'on' | 'env' | 'defaults' | 'permissions' | 'concurrency' | 'jobs';

/** What stands at the top of a file. */
export const workflowKeys: KeyTable<WorkflowKey> = {
  what: 'a workflow',
  keys: ['name', 'run-name', 'on', 'env', 'defaults', 'permissions', 'concurrency', 'jobs'],
};

/** It is shown on one line. */
const longestRunName = 255;

/** What a file says. */
export interface ReadWorkflow {
  /** Without what only the bytes tell, and without the workflows that it calls. */
  readonly plan: Omit<Plan, 'version' | 'file' | 'source' | 'workflows'>;
  /** The inputs that it takes where another workflow calls it; absent where none may. */
  readonly callInputs?: PlannedInputs;
}

/** The whole file -> plan. What is wrong goes to the report. */
export function readWorkflow(unread: Reading, root: TreeNode): ReadWorkflow | undefined {
  const facts = new ExpressionFacts();
  const reading: Reading = { ...unread, onExpression: facts.note };
  const fields = readFields(reading, root, workflowKeys);
  if (fields === undefined) return undefined;
  const name = fields.get('name')?.value;
  const on = fields.get('on')?.value;
  const { inputs, triggers, call } = on === undefined ? noTriggers : readTriggers(reading, on);
  const declarations = collectDeclarations(
    // Expressions may read what either way to start a run declares.
    inputsShape([inputs, call?.inputs ?? {}], strayInputs(root)),
    fields.get('jobs')?.value,
    (uses) => peekCall(reading, uses)?.outputs,
  );
  const scope = workflowScope(declarations);
  const references = new References();
  const envNode = fields.get('env')?.value;
  const env = envNode === undefined ? emptyEnv : readEnv(reading, envNode, { scope, onExpression: references.collect });
  const permissionsNode = fields.get('permissions')?.value;
  const permissions = permissionsNode === undefined ? undefined : readPermissions(reading, permissionsNode, { scope });
  const runScope = runNameScope(declarations);
  const runNameNode = fields.get('run-name')?.value;
  const runName = runNameNode === undefined ? undefined : readRunName(reading, runNameNode, { scope: runScope });
  const concurrencyEntry = fields.get('concurrency');
  const concurrency =
    concurrencyEntry === undefined ? undefined : readConcurrency(reading, concurrencyEntry, { scope: runScope });
  const defaults = readDefaults(reading, fields.get('defaults')?.value, noDefaults);
  const jobs = readJobs(reading, fields, { declarations, references, defaults, concurrency, facts });
  const outputs =
    call === undefined ? undefined : readCallOutputs(reading, call.outputs, workflowOutputsScope(declarations));
  const plan: ReadWorkflow['plan'] = {
    name:
      (name === undefined ? undefined : readLiteralText(reading, name, { subject: '`name`' })) ??
      fileName(reading.report.file),
    ...(runName === undefined ? {} : { run_name: runName }),
    ...(triggers === undefined ? {} : { triggers }),
    inputs,
    env: env.template,
    ...(permissions === undefined ? {} : { permissions }),
    ...(concurrency === undefined ? {} : { concurrency }),
    jobs,
    ...(call === undefined || outputs === undefined ? {} : { call: { outputs, secrets: call.secrets } }),
  };
  return { plan, ...(call === undefined ? {} : { callInputs: call.inputs }) };
}

/** `run-name:`, which people read in lists. */
function readRunName(reading: Reading, node: TreeNode, place: Place): Template {
  return readNameTemplate(reading, node, { ...place, subject: '`run-name`', longest: longestRunName });
}

/** The last part of a path, without its folder. */
function fileName(path: string): string {
  return path.split('/').at(-1) ?? path;
}

interface JobsReading extends JobSurroundings {
  readonly facts: ExpressionFacts;
}

function readJobs(reading: Reading, fields: Fields<WorkflowKey>, around: JobsReading): readonly PlannedJob[] {
  const entry = fields.get('jobs');
  const remedy = 'Add `jobs:` with at least one job: `build: { steps: [{ run: make }] }`.';
  if (entry === undefined) {
    // A job that stands where `jobs` should is reported as an unknown key.
    const hasJob = fields.mapping.entries.some(({ value }) => valueAt(value, 'steps') !== undefined);
    if (fields.isMisspelt('jobs') || hasJob) return [];
    const { start } = fields.mapping.span;
    reading.report.error(
      { start, end: start + 1 },
      { code: 'MISSING_KEY', message: 'the workflow has no `jobs`', remedy, within: fields.mapping.span },
    );
    return [];
  }
  const mapping = asMapping(reading, entry.value, { subject: '`jobs`', remedy });
  if (mapping === undefined) return [];
  if (mapping.entries.length === 0) {
    reading.report.error(mapping.span, { code: 'EMPTY', message: 'the workflow has no jobs', remedy });
    return [];
  }
  const needs = new Map<string, readonly Need[]>();
  const admit = distinctKeys(reading, 'jobs');
  const entries = withoutKeysOfJobs(reading, mapping.entries);
  const jobs = entries.flatMap((job) => {
    // A second one is read all the same, for what else may be wrong in it.
    admit(job);
    const read = readJob(reading, job, around);
    needs.set(job.key, read.needs);
    return read.job ?? [];
  });
  checkNeeds(needs, reading.report);
  const isCallable = namesTrigger(fields.get('on')?.value, 'workflow_call');
  warnOfJobs(reading, { entries, jobs, needs, isCallable }, around.facts);
  return jobs;
}

/** True where `on:` has a trigger, in any of its forms. */
function namesTrigger(on: TreeNode | undefined, name: string): boolean {
  if (on?.kind === 'mapping') return keysOf(on).includes(name);
  const items = on?.kind === 'sequence' ? on.items : [on];
  return items.some((item) => item?.kind === 'scalar' && item.text === name);
}

/** Jobs, without what belongs to an empty one but isn't indented below it; of that the first key is reported. */
function withoutKeysOfJobs(reading: Reading, entries: readonly MappingEntry[]): readonly MappingEntry[] {
  const jobs: MappingEntry[] = [];
  let empty: MappingEntry | undefined;
  for (const entry of entries) {
    const isNothing = entry.value.kind === 'scalar' && entry.value.value === null;
    const isKey = jobKeys.keys.some((key) => key === entry.key) && entry.value.kind !== 'mapping' && !isNothing;
    if (empty === undefined || !isKey) {
      empty = isNothing ? entry : undefined;
      jobs.push(entry);
    } else if (jobs.at(-1) === empty) {
      jobs.pop();
      reading.report.error(entry.keySpan, {
        code: 'WRONG_TYPE',
        message: `${quote(entry.key)} stands beside the job ${quote(empty.key)}, as if it were a job itself`,
        remedy: `Indent it deeper than ${quote(empty.key)}.`,
      });
    }
  }
  return jobs;
}
