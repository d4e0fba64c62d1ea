import type { Plan, PlannedJob, Template } from '../../schemas/index.ts';
import { checkNeeds, type Need } from '../check/needs.ts';
import { collectDeclarations, runNameScope, workflowScope } from '../check/scopes.ts';
import { quote } from '../quote.ts';
import type { MappingEntry, TreeNode } from '../tree/node.ts';
import { valueAt } from '../tree/query.ts';
import { readConcurrency } from './concurrency.ts';
import { noDefaults, readDefaults } from './defaults.ts';
import { distinctKeys } from './distinct-keys.ts';
import { emptyEnv, readEnv } from './env.ts';
import { type Fields, type KeyTable, readFields } from './fields.ts';
import { type JobSurroundings, jobKeys, readJob } from './job.ts';
import { readLiteralText } from './literals.ts';
import { readNameTemplate } from './name-template.ts';
import { readPermissions } from './permissions.ts';
import { asMapping, type Reading } from './reading.ts';
import { References } from './references.ts';
import type { Place } from './templates.ts';
import { readTriggers } from './triggers.ts';

type WorkflowKey = 'name' | 'run-name' | 'on' | 'env' | 'defaults' | 'permissions' | 'concurrency' | 'jobs';

/** What stands at the top of a file. */
export const workflowKeys: KeyTable<WorkflowKey> = {
  what: 'a workflow',
  keys: ['name', 'run-name', 'on', 'env', 'defaults', 'permissions', 'concurrency', 'jobs'],
  later: [],
};

/** It is shown on one line. */
const longestRunName = 255;

/** The whole file -> plan, without what only the bytes tell. What is wrong goes to the report. */
export function readWorkflow(reading: Reading, root: TreeNode): Omit<Plan, 'version' | 'file' | 'source'> | undefined {
  const fields = readFields(reading, root, workflowKeys);
  if (fields === undefined) return undefined;
  const name = fields.get('name')?.value;
  const triggers = fields.get('on')?.value;
  const inputs = triggers === undefined ? {} : readTriggers(reading, triggers);
  const declarations = collectDeclarations(Object.keys(inputs), fields.get('jobs')?.value);
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
  return {
    name:
      (name === undefined ? undefined : readLiteralText(reading, name, { subject: '`name`' })) ??
      fileName(reading.report.file),
    ...(runName === undefined ? {} : { run_name: runName }),
    inputs,
    env: env.template,
    ...(permissions === undefined ? {} : { permissions }),
    ...(concurrency === undefined ? {} : { concurrency }),
    jobs: readJobs(reading, fields, { declarations, references, defaults }),
  };
}

/** `run-name:`, which people read in lists. */
function readRunName(reading: Reading, node: TreeNode, place: Place): Template {
  return readNameTemplate(reading, node, { ...place, subject: '`run-name`', longest: longestRunName });
}

/** The last part of a path, without its folder. */
function fileName(path: string): string {
  return path.split('/').at(-1) ?? path;
}

function readJobs(reading: Reading, fields: Fields<WorkflowKey>, around: JobSurroundings): readonly PlannedJob[] {
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
  const jobs = withoutKeysOfJobs(reading, mapping.entries).flatMap((job) => {
    // A second one is read all the same, for what else may be wrong in it.
    admit(job);
    const read = readJob(reading, job, around);
    needs.set(job.key, read.needs);
    return read.job ?? [];
  });
  checkNeeds(needs, reading.report);
  return jobs;
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
